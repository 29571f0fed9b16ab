"""One model of a checked specification to a transition system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import ParamSpec, TypeVar, assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.errors import InternalError
from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.system import (
    Action,
    Assertion,
    Bind,
    Constant,
    Guard,
    Model,
    Needs,
    Pick,
    Process,
    Property,
    PropertyKind,
    Role,
    TransitionSystem,
    Variable,
)
from pluscheck.core.values import Atom, Function, Value
from pluscheck.core.walk import subterms
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Annotations, Elaborated, ForeignMeaning, Instance, OwnMeaning
from pluscheck.lang.orders import PART_FAMILY, done_variable
from pluscheck.lower.checks import Known, checked
from pluscheck.lower.constants import Constants
from pluscheck.lower.control import DONE, Body, Point
from pluscheck.lower.entries import Entries, entries_of, expectations
from pluscheck.lower.expressions import lower_expr
from pluscheck.lower.locks import lock_paths
from pluscheck.lower.needs import needs_of
from pluscheck.lower.operators import Operators
from pluscheck.lower.problems import Abandoned, Problems
from pluscheck.lower.processes import ProcessTable, ProcessVariables, elements_checked, process_tables
from pluscheck.lower.sizes import MAX_SCALARS, count_text, scalars, too_large, too_many
from pluscheck.lower.statements import Executor, Path, Precedence
from pluscheck.lower.surroundings import Env
from pluscheck.lower.types import TypeReader

MAX_EXPANSIONS = 20_000
"""How many operators may be expanded in place in one model, one inside another counted each time."""

MAX_SCOPE = 64
"""The largest scope."""

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def lower(elaborated: Elaborated, model: str, *, open_switches: frozenset[str] = frozenset()) -> Model:
    """Return the model, ready to be checked. Raises SpecError with all that is wrong with it.

    Nothing in it rests on the values of the switches that are named by `open_switches`: they may be replaced by any others. Where there are such, they are the
    only ones that are switches in the model; the others are constants like any.
    """
    with deep_recursion(elaborated.root.name.span):
        return Lowering(elaborated, model, open_switches=open_switches).model()


def scope_of(elaborated: Elaborated, entries: Entries, problems: Problems) -> dict[str, tuple[Atom, ...]]:
    """Return the elements of each sort; where the model does not say, one, so that the rest can be looked at."""
    scope: dict[str, tuple[Atom, ...]] = {}
    for sort, decl in elaborated.sorts.items():
        entry = entries.scopes.get(sort)
        names: tuple[str, ...] = (f"{sort}1",)
        if entry is None:
            problems.report(
                Code.MISSING_SCOPE,
                f"the model gives no scope for `{sort}`",
                entries.span,
                "in this model",
                secondary=(Label(decl.name.span, "the sort"),),
                remedy=f"add `scope {sort} = 2;` to the model",
            )
        elif not 1 <= entry.size <= MAX_SCOPE:
            problems.report(
                Code.BAD_SCOPE,
                f"a scope of {count_text(entry.size)}" if entry.size else "a scope of zero",
                entry.span,
                f"a sort has at least 1 and at most {MAX_SCOPE} elements",
            )
        else:
            given = tuple(name.name for name in entry.names)
            names = given or tuple(f"{sort}{number}" for number in range(1, entry.size + 1))
        scope[sort] = tuple(Atom(sort, index, name) for index, name in enumerate(names))
    return scope


def parts_of(elaborated: Elaborated, name: str) -> tuple[str, ...]:
    """Return the parts of the order of this name, if it is one."""
    decl = elaborated.enums.get(PART_FAMILY + name)
    return () if decl is None else tuple([literal.name for literal in decl.literals])


def plain_switches(elaborated: Elaborated) -> frozenset[str]:
    """Return the names of the switches that are not about an order."""
    return frozenset(n for n, decl in elaborated.constants.items() if decl.is_switch and not parts_of(elaborated, n))


class Lowering:
    """The lowering of one model: the `Home` of its expressions."""

    def __init__(self, elaborated: Elaborated, model: str, *, open_switches: frozenset[str] = frozenset()) -> None:
        self.elaborated = elaborated
        self.name = model
        self.problems = Problems()
        self.entries = entries_of(elaborated, model)
        self.scope = scope_of(elaborated, self.entries, self.problems)
        self.operators = Operators(self)
        self.constants = Constants(
            self,
            elaborated.annotations,
            elaborated.constants,
            self.entries,
            self.scope,
            self.operators,
            self.problems,
            open_switches,
        )
        self.types = TypeReader(
            {**elaborated.sorts, **elaborated.enums, **elaborated.types},
            elaborated.annotations,
            self.constants.evaluated,
            self.problems,
        )
        self.known = Known({}, {}, self.scope, self.constants.known)
        self.open_switches = open_switches
        self.tables: dict[str, ProcessTable] = {}
        self.orders: dict[str, Precedence] = {}
        self.expansions = 0

    def model(self) -> Model:
        """Return the model. Raises SpecError."""
        elaborated = self.elaborated
        constants = [c for decl in elaborated.constants.values() for c in self._attempted(self._constant, decl)]
        for name in elaborated.constants:
            for precedence in self._attempted(self._precedence, name):
                if precedence is not None:
                    self.orders[name] = precedence
        variables = [v for decl in elaborated.variables.values() for v in self._attempted(self._variable, decl)]
        init: list[e.Expr] = []
        for process_variables in self._attempted(self._process_variables):
            variables += process_variables.variables
            init += process_variables.init
        self._check_sizes(variables, constants)
        # What follows mentions variables and program counters: there is no going on without their types.
        self.problems.raise_if_any()
        self.known = replace(self.known, variables={variable.name: variable.type for variable in variables})
        init += [p for decl in elaborated.inits for p in self._attempted(self._lowered, decl.predicate)]
        actions = [a for decl in elaborated.actions for found in self._attempted(self._action, decl) for a in found]
        for table in self.tables.values():
            for label, point in table.flow.points.items():
                for found in self._attempted(self._step, table, label, point):
                    actions += found
        properties = [p for decl in elaborated.properties.values() for p in self._attempted(self._property, decl)]
        terminal = next(self._attempted(self._terminal), None)
        operators = self.operators.complete()
        system = TransitionSystem(
            elaborated.root.name.name,
            self.name,
            self.scope,
            tuple(constants),
            tuple(variables),
            tuple(init),
            tuple(actions),
            tuple(properties),
            terminal,
            operators,
            tuple(self._process(table) for table in self.tables.values()),
            elaborated.root.name.span,
        )
        self._check_enumerable(system)
        needs = next(self._attempted(self._needs, constants), ())
        self.problems.raise_if_any()
        return Model(system, expectations(elaborated, self.entries), self.entries.depth, needs)

    def _attempted(
        self, attempt: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Iterator[Result]:
        """Yield what the attempt returns, or nothing if it is abandoned."""
        try:
            yield attempt(*args, **kwargs)
        except Abandoned:
            return

    # ----------------------------------------------------------------------------------- as a `Home`

    def type_of(self, expr: s.Expr, annotations: Annotations) -> t.Type:
        """Return the core type of a type expression. Raises Abandoned."""
        return self.types.read(expr, annotations)

    def is_indexed(self, process: str) -> bool:
        """Return whether the process has identifiers."""
        return self.tables[process].identifiers is not None

    def pc(self, process: str) -> str:
        """Return the name of its program counter."""
        return self.tables[process].pc

    def returns_to(self, process: str, procedure: str) -> str | Value:
        """Return the name of the variable that says where the process goes on after the procedure; where that is always the same, the label."""
        table = self.tables[process]
        labels = table.flow.returns[procedure]
        return table.return_variables[procedure] if len(labels) > 1 else table.label(labels[0])

    def label(self, process: str, name: str) -> Value:
        """Return the label as a value."""
        return self.tables[process].label(name)

    def foreign(self, process: str, name: str) -> str:
        """Return the core name of a process's local variable."""
        return self.tables[process].variables[name]

    def operator(self, instance: Instance) -> str:
        """Return the core name of an operator."""
        return self.operators.name(instance)

    def operator_reads(self, operator: str) -> frozenset[str]:
        """Return the state variables that an operator mentions."""
        return self.operators.reads(operator)

    def operator_with(self, instance: Instance, variables: frozenset[str]) -> tuple[str, tuple[str, ...]]:
        """Return the operator that takes these variables' values as further parameters, and their order."""
        return self.operators.specialised(instance, variables)

    def define(self, name: str, params: tuple[str, ...], body: Callable[[str], e.Expr], span: Span) -> str:
        """Define an operator under this name or one like it."""
        return self.operators.define(name, params, body, span)

    def expanding(self, span: Span) -> None:
        """Count an expansion in place. Raises Abandoned where there are too many."""
        self.expansions += 1
        if self.expansions > MAX_EXPANSIONS:
            raise self.abandon(
                Code.SYSTEM_TOO_LARGE,
                "operators that take operators are applied too often",
                span,
                f"with every one written out there are more than {MAX_EXPANSIONS:,} applications",
            )

    def abandon(self, code: Code, message: str, span: Span, text: str) -> Abandoned:
        """Report what is wrong and return the exception to raise."""
        return self.problems.abandon(code, message, span, text)

    # ------------------------------------------------------------------------------ constants, variables

    def _env(self) -> Env:
        return Env(self, self.elaborated.annotations)

    def _lowered(self, expr: s.Expr) -> e.Expr:
        return lower_expr(expr, self._env())

    def _constant(self, decl: s.ConstDecl) -> Constant:
        name = decl.name.name
        value = self.constants.value(name)
        of = self.type_of(decl.type, self.elaborated.annotations)
        is_switch = decl.is_switch and (not self.open_switches or name in self.open_switches)
        return Constant(name, of, value, is_switch, decl.name.span, parts_of(self.elaborated, name))

    def _precedence(self, name: str) -> Precedence | None:
        """Return what a constant says of the parts of an order, if it is about one."""
        parts = parts_of(self.elaborated, name)
        if not parts:
            return None
        value = self.constants.value(name)
        atoms = [Atom(PART_FAMILY + name, i, part) for i, part in enumerate(parts)]
        known = None
        if name not in self.open_switches and isinstance(value, Function):
            known = {(i, j): value.mapping[atoms[i], atoms[j]] is True for i, j in combinations(range(len(atoms)), 2)}
        return Precedence(name, tuple(map(e.Lit, atoms)), known)

    def _variable(self, decl: s.VarDecl) -> Variable:
        of = self.type_of(decl.type, self.elaborated.annotations)
        initial: e.Expr | None = None
        if decl.initial is not None:
            initial = self._lowered(decl.initial)
            if decl.any_of:
                initial = elements_checked(initial, of, self.known)
            else:
                initial = checked(initial, of, decl.initial.span, self.known)
        held = lock_paths(decl.type, self.elaborated.annotations)
        return Variable(decl.name.name, of, initial, decl.any_of, Role.SHARED, None, decl.name.span, held)

    def _process_variables(self) -> ProcessVariables:
        annotations = self.elaborated.annotations
        self.tables.update(process_tables(self.elaborated, lambda expr: self.type_of(expr, annotations)))
        found = ProcessVariables(self, self._env(), self.known, left_out=self._needless())
        for name, info in self.elaborated.processes.items():
            self.tables[name] = found.add(self.elaborated, info, self.tables[name])
        return found

    def _needless(self) -> frozenset[str]:
        """Return the variables for what has been run of orders that there is only one way through, unless they are mentioned."""
        names = {done_variable(name) for name, precedence in self.orders.items() if precedence.is_total}
        if not names:
            return frozenset()
        meanings = self.elaborated.annotations.meanings.values()
        mentioned = {meaning.name for meaning in meanings if isinstance(meaning, OwnMeaning | ForeignMeaning)}
        return frozenset(names - mentioned)

    def _process(self, table: ProcessTable) -> Process:
        return Process(table.name, table.identifiers, table.flow.labels, table.pc, table.span)

    # -------------------------------------------------------------------------------------------- actions

    def _executor(self, table: ProcessTable | None) -> Executor:
        return Executor(self, self.elaborated.annotations, self.known, table, self.orders)

    def _action(self, decl: s.ActionDecl) -> list[Action]:
        path = Path({}, self.known)
        for param in decl.params:
            of = self.type_of(param.type, self.elaborated.annotations)
            path.names[param.name.name] = path.pick(param.name.name, e.AllOf(of, span=param.type.span), param.span)
        body = Body(decl.body)
        ways = self._executor(None).variants(Point(body, decl.body), path, decl.name.span)
        params = tuple(param.name.name for param in decl.params)
        return [
            Action(decl.name.name, variant, params, clauses, updates, span=decl.name.span)
            for variant, (clauses, updates) in enumerate(ways)
        ]

    def _step(self, table: ProcessTable, label: str, point: Point) -> list[Action]:
        statement = point.statement
        if statement is None or statement.label is None:
            raise InternalError(f"{label} labels nothing")
        span = statement.label.span
        # A macro's statement, labelled where the macro is used, stands elsewhere.
        whole = statement.span if statement.span.start == span.start else span
        path = Path({}, self.known)
        counter: e.Expr = e.Var(table.pc, span=span)
        params: tuple[str, ...] = ()
        if table.identifiers is not None and table.self_name is not None:
            params = (table.self_name,)
            identifier = path.pick(table.self_name, e.AllOf(table.identifiers, span=span), span)
            path.names[table.self_name] = identifier
            counter = e.App(counter, identifier, span=span)
        path.clauses.append(Guard(e.Eq(counter, e.Lit(table.label(label), span=span), span=span), span))
        ways = self._executor(table).variants(point, path, span)
        return [
            Action(
                f"{table.name}.{label}",
                variant,
                params,
                clauses,
                updates,
                process=table.name,
                self_name=table.self_name,
                label=label,
                span=whole,
            )
            for variant, (clauses, updates) in enumerate(ways)
        ]

    # ----------------------------------------------------------------------------------------- properties

    def _property(self, decl: s.PropertyDecl) -> Property:
        if decl.kind is s.PropertyKind.TEMPORAL:
            raise InternalError(f"the temporal property {decl.name.name} should have been reported")
        return Property(PropertyKind(decl.kind.value), decl.name.name, self._lowered(decl.body), decl.name.span)

    def _terminal(self) -> e.Expr | None:
        """Return where no step need be possible: what the specification says, or every process is at its end."""
        found = [self._lowered(decl.predicate) for decl in self.elaborated.terminals]
        if self.tables:
            at_end = tuple(self._is_done(table) for table in self.tables.values())
            found.append(at_end[0] if len(at_end) == 1 else e.And(at_end))
        if not found:
            return None
        return found[0] if len(found) == 1 else e.Or(tuple(found))

    def _is_done(self, table: ProcessTable) -> e.Expr:
        done = e.Lit(table.label(DONE), span=table.span)
        counter = e.Var(table.pc, span=table.span)
        if table.identifiers is None or table.self_name is None:
            return e.Eq(counter, done, span=table.span)
        here = e.App(counter, e.Local(table.self_name, span=table.span), span=table.span)
        binder = e.Binder(table.self_name, e.AllOf(table.identifiers, span=table.span))
        return e.Forall((binder,), e.Eq(here, done, span=table.span), span=table.span)

    def _needs(self, constants: list[Constant]) -> tuple[Needs, ...]:
        annotations = self.elaborated.annotations
        decl = self.elaborated.models.get(self.name)
        return needs_of(
            self.elaborated,
            decl,
            constants,
            self.scope,
            lambda expr: self.constants.evaluated(expr, annotations),
            self.problems,
        )

    # ---------------------------------------------------------------------------------------------- sizes

    def _check_sizes(self, variables: list[Variable], constants: list[Constant]) -> None:
        cells = 0
        for constant in constants:
            self._check_size(constant)
        for variable in variables:
            if self._check_size(variable):
                cells += scalars(variable.type, self.scope)
        if cells > MAX_SCALARS:
            self.problems.report(
                Code.SYSTEM_TOO_LARGE,
                "the variables are too large together",
                self.entries.span,
                f"a state has {count_text(cells)} cells, more than {MAX_SCALARS:,}",
            )

    def _check_size(self, declared: Variable | Constant) -> bool:
        """Return whether a value of the type is not too large; report if it is."""
        trouble = too_large(declared.type, self.scope)
        if trouble is not None:
            self.problems.report(
                Code.TYPE_TOO_LARGE, f"the type of `{declared.name}` is too large", declared.span, trouble
            )
        return trouble is None

    def _check_enumerable(self, system: TransitionSystem) -> None:
        """Report every set that is gone through and is too large for it, as far as its form tells."""
        roots = _roots(system)
        only_asked = {
            id(inner)
            for part in subterms(roots)
            if isinstance(part, e.In | e.Subset)
            for inner in _asked_for_membership(part.set if isinstance(part, e.In) else part.right)
        }
        for part in subterms(roots):
            match part:
                case e.AllOf(of):
                    trouble = too_large(of, self.scope) if id(part) in only_asked else too_many(of, self.scope)
                    self._report_too_many(part.span, trouble)
                case e.Forall(binders) | e.Exists(binders) | e.Lambda(binders) | e.Map(_, binders):
                    for binder in binders:
                        self._check_range(binder.domain)
                case e.Choose(binder) | e.Filter(binder):
                    self._check_range(binder.domain)
                case _:
                    pass
        for action in system.actions:
            for clause in action.clauses:
                if isinstance(clause, Pick):
                    self._check_range(clause.domain)

    def _check_range(self, domain: e.Expr) -> None:
        """Report a range with constant bounds that is too large to be gone through."""
        if isinstance(domain, e.Interval):
            low, high = self.constants.known(domain.low), self.constants.known(domain.high)
            if isinstance(low, int) and isinstance(high, int) and low <= high:
                self._report_too_many(domain.span, too_many(t.RangeType(low, high), self.scope))

    def _report_too_many(self, span: Span, trouble: str | None) -> None:
        if trouble is not None:
            self.problems.report(Code.TYPE_TOO_LARGE, "this set is too large to be gone through", span, trouble)


def _roots(system: TransitionSystem) -> list[e.Expr]:
    """Return all expressions of a system."""
    roots = [variable.initial for variable in system.variables if variable.initial is not None]
    roots += [*system.init, *(prop.formula for prop in system.properties)]
    roots += [operator.body for operator in system.operators.values()]
    if system.terminal is not None:
        roots.append(system.terminal)
    for action in system.actions:
        roots += [update.value for update in action.updates]
        for clause in action.clauses:
            match clause:
                case Pick(_, expr) | Guard(expr) | Bind(_, expr) | Assertion(expr):
                    roots.append(expr)
                case _:
                    assert_never(clause)
    return roots


def _asked_for_membership(of: e.Expr) -> Iterator[e.Expr]:
    """Yield the set, and the sets in it of which only membership matters."""
    stack = [of]
    while stack:
        part = stack.pop()
        yield part
        match part:
            case e.Powerset(operand):
                stack.append(operand)
            case e.FunctionSpace(_, target):
                stack.append(target)
            case e.RecordSpace(fields):
                stack.extend(item for _, item in fields)
            case e.Cross(items):
                stack.extend(items)
            case e.SetBinary(_, left, right):
                stack += (left, right)
            case _:
                pass
