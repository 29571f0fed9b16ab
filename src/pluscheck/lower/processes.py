"""The processes of a model: their program counters, local variables, and procedures' parameters, locals and return addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.system import LABEL_FAMILY, Role, Variable
from pluscheck.core.values import Atom, Value
from pluscheck.core.walk import children
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Elaborated, ProcessInfo
from pluscheck.lower.checks import Known, checked, within
from pluscheck.lower.control import ControlFlow, control_flow
from pluscheck.lower.expressions import lower_expr
from pluscheck.lower.naming import unused
from pluscheck.lower.operators import mentioned
from pluscheck.lower.surroundings import Env, Home, Owner
from pluscheck.lower.types import least_value


@dataclass(frozen=True, slots=True)
class ProcedureTable:
    """A procedure as one process has it; variables by their core names.

    `idle` is what each parameter, local and the return address holds (for each identifier) while the procedure is not under way.
    `locals_set_at_call` are those whose initial value is not always the same. There is a return address where there are several `returns`.
    """

    start: str
    params: tuple[str, ...]
    idle: Mapping[str, Value]
    locals_set_at_call: tuple[s.VarDecl, ...]
    returns: tuple[str, ...]
    return_variable: str | None


@dataclass(frozen=True, slots=True)
class ProcessTable:
    """A process of the model.

    `variables` gives the core names of its locals and of its procedures' parameters and locals, `return_variables` those of its procedures' return
    addresses. `identifier` is the process's identifier within its body, None for a single process.
    """

    name: str
    span: Span
    identifiers: t.Type | None
    self_name: str | None
    pc: str
    flow: ControlFlow
    variables: Mapping[str, str]
    return_variables: Mapping[str, str]
    procedures: Mapping[str, ProcedureTable] = field(default_factory=dict)

    @property
    def identifier(self) -> e.Expr | None:
        """The process's identifier within its body."""
        return None if self.self_name is None else e.Local(self.self_name)

    @property
    def owner(self) -> Owner:
        """The process as the owner of its local variables, within its body."""
        return Owner(self.name, self.variables, self.identifier)

    @property
    def label_type(self) -> t.EnumType:
        """The type of the labels."""
        return t.EnumType(LABEL_FAMILY + self.name, self.flow.labels)

    def label(self, name: str) -> Value:
        """Return a label as a value."""
        return Atom(LABEL_FAMILY + self.name, self.flow.labels.index(name), name)

    def env(self, home: Home, env: Env) -> Env:
        """Return the environment of an initial value in this process."""
        env = replace(env, home=home, owner=self.owner)
        return env if self.self_name is None else env.bind(self.self_name)[1]

    def per_identifier(self, of: t.Type) -> t.Type:
        """Return the type of a variable of which each process has a value of type `of`."""
        return of if self.identifiers is None else t.FunctionType(self.identifiers, of)

    def for_each(self, value: e.Expr) -> e.Expr:
        """Return the value of a variable of which each process has `value`, which may mention the identifier."""
        if self.identifiers is None or self.self_name is None:
            return value
        binder = e.Binder(self.self_name, e.AllOf(self.identifiers, span=value.span))
        return e.Lambda((binder,), value, span=value.span)


@dataclass(frozen=True, slots=True)
class ProcessNames:
    """The core names of a process's variables, by the names that the specification has for them.

    `variables` has its locals and its procedures' parameters and locals, `return_variables` its procedures' return addresses, by procedure.
    """

    pc: str
    variables: Mapping[str, str]
    return_variables: Mapping[str, str]


def process_names(elaborated: Elaborated) -> dict[str, ProcessNames]:
    """Return the core names of every process's variables; no two variables of the specification have the same."""
    reached_by: dict[str, int] = {}
    for info in elaborated.processes.values():
        for procedure in info.procedures:
            reached_by[procedure] = reached_by.get(procedure, 0) + 1
    taken = {*elaborated.variables}
    names: dict[str, ProcessNames] = {}
    for name, info in elaborated.processes.items():
        variables: dict[str, str] = {}
        for local in info.decl.locals:
            variables[local.name.name] = _claim(local.name.name, name, taken, plain=True)
        return_variables: dict[str, str] = {}
        for procedure in info.procedures:
            plain = reached_by[procedure] == 1
            return_variables[procedure] = _claim(f"return.{procedure}", name, taken, plain=plain)
            decl = elaborated.procedures[procedure].decl
            for declared in (*(param.name for param in decl.params), *(local.name for local in decl.locals)):
                own = _claim(declared.name, name, taken, plain=plain)
                variables[declared.name] = own
        names[name] = ProcessNames(_claim(f"pc.{name}", name, taken, plain=True), variables, return_variables)
    return names


def process_tables(elaborated: Elaborated, type_of: Callable[[s.Expr], t.Type]) -> dict[str, ProcessTable]:
    """Return the processes, as yet without their procedures' tables. Raises Abandoned."""
    names = process_names(elaborated)
    tables: dict[str, ProcessTable] = {}
    for name, info in elaborated.processes.items():
        param = info.decl.param
        tables[name] = ProcessTable(
            name,
            info.decl.span,
            None if param is None else type_of(param.type),
            None if param is None else param.name.name,
            names[name].pc,
            control_flow(elaborated, info),
            names[name].variables,
            names[name].return_variables,
        )
    return tables


def _claim(name: str, process: str, taken: set[str], *, plain: bool) -> str:
    """Return a core name for a variable of a process: its own if that is free (and `plain`), else with the process's before it."""
    chosen = name if plain and name not in taken else unused(f"{process}.{name}", taken)
    taken.add(chosen)
    return chosen


@dataclass(slots=True)
class ProcessVariables:
    """The variables that processes have, and conditions on their initial values that no `Variable` can express.

    `conditional` are the variables that those conditions are about. They come in the order of the variables, each to be asked only where those before
    it are true.
    """

    home: Home
    env: Env
    known: Known
    variables: list[Variable] = field(default_factory=list)
    init: list[e.Expr] = field(default_factory=list)
    conditional: set[str] = field(default_factory=set)
    left_out: frozenset[str] = frozenset()
    """Variables, by the names that the specification has for them, that there need not be."""

    def add(self, elaborated: Elaborated, info: ProcessInfo, table: ProcessTable) -> ProcessTable:
        """Add the process's variables; return its table, completed with those of its procedures. Raises Abandoned."""
        start = e.Lit(table.label(table.flow.start), span=table.span)
        self._variable(table, table.pc, table.label_type, start, Role.PROGRAM_COUNTER, table.span)
        for local in info.decl.locals:
            if local.name.name not in self.left_out:
                self._local(table, local)
        procedures: dict[str, ProcedureTable] = {}
        for name in info.procedures:
            procedures[name] = self._procedure(table, elaborated.procedures[name].decl)
        return replace(table, procedures=procedures)

    def _variable(self, table: ProcessTable, name: str, of: t.Type, initial: e.Expr, role: Role, span: Span) -> None:
        whole = table.for_each(initial)
        self.variables.append(
            Variable(name, table.per_identifier(of), whole, any_of=False, role=role, process=table.name, span=span)
        )

    def _local(self, table: ProcessTable, decl: s.VarDecl) -> None:
        name = table.variables[decl.name.name]
        of = self.home.type_of(decl.type, self.env.annotations)
        initial: e.Expr | None = None
        if decl.initial is not None:
            initial = self._lowered(table, decl.initial)
            if decl.any_of:
                initial = elements_checked(initial, of, self.known)
            else:
                initial = checked(initial, of, decl.initial.span, self.known)
        if initial is not None and self._is_conditional(initial):
            self._left_to_condition(table, name, initial, any_of=decl.any_of)
            initial = None
        elif initial is not None and not decl.any_of:
            initial = table.for_each(initial)
        elif initial is not None and table.identifiers is not None:
            if _mentions(initial, table.self_name):
                self._left_to_condition(table, name, initial, any_of=True)
                initial = None
            else:
                initial = e.FunctionSpace(e.AllOf(table.identifiers, span=initial.span), initial, span=initial.span)
        any_of = initial is not None and decl.any_of
        self.variables.append(
            Variable(name, table.per_identifier(of), initial, any_of, Role.LOCAL, table.name, decl.span)
        )

    def _is_conditional(self, initial: e.Expr) -> bool:
        """Return whether an initial value depends on variables that are any value of their types until the conditions were asked."""
        variables, operators = mentioned(initial)
        read = variables.union(*[self.home.operator_reads(operator) for operator in operators])
        return not read.isdisjoint(self.conditional)

    def _left_to_condition(self, table: ProcessTable, name: str, initial: e.Expr, *, any_of: bool) -> None:
        """Let a variable be any value of its type, on the condition that each process's is the initial value, or in the set."""
        self.conditional.add(name)
        value: e.Expr = e.Var(name, span=initial.span)
        if table.self_name is not None:
            value = e.App(value, e.Local(table.self_name, span=initial.span), span=initial.span)
        here = e.In(value, initial, span=initial.span) if any_of else e.Eq(value, initial, span=initial.span)
        if table.identifiers is None or table.self_name is None:
            self.init.append(here)
            return
        binder = e.Binder(table.self_name, e.AllOf(table.identifiers))
        self.init.append(e.Forall((binder,), here, span=initial.span))

    def _procedure(self, table: ProcessTable, decl: s.ProcedureDecl) -> ProcedureTable:
        idle: dict[str, Value] = {}
        for param in decl.params:
            of = self.home.type_of(param.type, self.env.annotations)
            idle[table.variables[param.name.name]] = least_value(of, self.known.scope)
            self._idle_variable(table, table.variables[param.name.name], of, idle, Role.LOCAL, param.span)
        set_at_call: list[s.VarDecl] = []
        for local in [each for each in decl.locals if each.name.name not in self.left_out]:
            of = self.home.type_of(local.type, self.env.annotations)
            value = None
            if local.initial is not None and not local.any_of:
                value = self.known.constant(self._lowered(table, local.initial))
            if value is None or not t.is_member(value, of, self.known.scope):
                set_at_call.append(local)
                value = least_value(of, self.known.scope)
            idle[table.variables[local.name.name]] = value
            self._idle_variable(table, table.variables[local.name.name], of, idle, Role.LOCAL, local.span)
        returns = table.flow.returns[decl.name.name]
        return_variable = None
        if len(returns) > 1:
            return_variable = table.return_variables[decl.name.name]
            addresses = t.AmongType(tuple(table.label(label) for label in returns))
            idle[return_variable] = addresses.values[0]
            self._idle_variable(table, return_variable, addresses, idle, Role.RETURN, decl.span)
        body = table.flow.bodies[decl.name.name]
        return ProcedureTable(
            next(iter(body.labels.values())),
            tuple(table.variables[param.name.name] for param in decl.params),
            idle,
            tuple(set_at_call),
            returns,
            return_variable,
        )

    def _idle_variable(
        self, table: ProcessTable, name: str, of: t.Type, idle: Mapping[str, Value], role: Role, span: Span
    ) -> None:
        self._variable(table, name, of, e.Lit(idle[name], span=span), role, span)

    def _lowered(self, table: ProcessTable, expr: s.Expr) -> e.Expr:
        return lower_expr(expr, table.env(self.home, self.env))


def elements_checked(domain: e.Expr, of: t.Type, known: Known) -> e.Expr:
    """Return the set with each element checked to be of the type, where that is not plain from its form."""
    if within(domain, of, known):
        return domain
    element = e.Check(e.Local("element", span=domain.span), of, span=domain.span)
    return e.Map(element, (e.Binder("element", domain),), span=domain.span)


def _mentions(expr: e.Expr, name: str | None) -> bool:
    """Return whether a local name occurs in the expression (no binder in it has this name)."""
    stack = [expr]
    while stack:
        part = stack.pop()
        if isinstance(part, e.Local) and part.name == name:
            return True
        stack.extend(children(part))
    return False
