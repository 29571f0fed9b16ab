"""Statements to clauses and updates, by carrying out one atomic step symbolically, from label to label.

What a variable holds after the statements so far is kept as an expression over the state in which the step began. A value that is read again,
or that must be evaluated before a later clause, is bound to a name first: nothing is substituted twice, and faults come in the order of the
statements. An `if` whose branches only assign, wait and assert is carried out once, with values that depend on its condition; every other branching
makes variants of the step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.errors import InternalError
from pluscheck.base.source import NOWHERE, Span
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.system import Assertion, Assignment, Bind, Clause, Guard, Pick
from pluscheck.core.values import Value
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Annotations, ForeignMeaning, OwnMeaning, VariableMeaning
from pluscheck.lang.orders import done_variable
from pluscheck.lower.checks import Known, checked, is_sure
from pluscheck.lower.control import DONE, Point, landing
from pluscheck.lower.expressions import lower_expr, path_step
from pluscheck.lower.naming import at_span, is_trivial, unused
from pluscheck.lower.paths import Argument, FieldNamed, PathStep, Replacement, updated
from pluscheck.lower.processes import ProcessTable
from pluscheck.lower.surroundings import Env, Home

MAX_VARIANTS = 256
"""How many ways there may be through one atomic step."""


# ------------------------------------------------------------------------------------- stored values


@dataclass(frozen=True, slots=True)
class Plain:
    """A value stored by the assignment at `span`; `sure` if it need not be checked."""

    expr: e.Expr
    span: Span
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """A value that an `if` stored: `yes` or `no`, each None where that branch stores nothing."""

    condition: e.Expr
    yes: Stored | None
    no: Stored | None
    span: Span


Stored = Plain | Merged


def _expr_of(stored: Stored | None, variable: str) -> e.Expr:
    match stored:
        case None:
            return e.Var(variable)
        case Plain(expr):
            return expr
        case Merged(condition, yes, no, span):
            return e.Ite(condition, _expr_of(yes, variable), _expr_of(no, variable), span=span)
        case _:
            assert_never(stored)


def _is_settled(stored: Stored) -> bool:
    return isinstance(stored, Plain) and is_trivial(stored.expr)


@dataclass(slots=True)
class Path:
    """One way through a step, as far as it has come: the clauses, and what has been stored (in the order of the last assignments).

    `condition` is what must be true for the statements at hand to be carried out at all: set only within a merged `if`. `binders` are the local
    names that the specification binds, `definitions` those that intermediate values got, and `local_types` the types that local names certainly have.
    """

    names: dict[str, e.Expr]
    known: Known
    clauses: list[Clause] = field(default_factory=list)
    values: dict[str, Stored] = field(default_factory=dict)
    condition: e.Expr | None = None
    binders: frozenset[str] = frozenset()
    definitions: dict[str, e.Expr] = field(default_factory=dict)
    local_types: dict[str, t.Type] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = replace(self.known, local_names=self.local_types)

    def copy(self) -> Path:
        """Return a way that has come as far, to go on apart."""
        return Path(
            dict(self.names),
            self.known,
            list(self.clauses),
            dict(self.values),
            self.condition,
            self.binders,
            dict(self.definitions),
            dict(self.local_types),
        )

    # As a `Reading`:

    def read(self, variable: str, span: Span) -> e.Expr:
        """Return the variable's value here: a `Var`, `Local` or `Lit`."""
        if variable not in self.values:
            return e.Var(variable, span=span)
        if not _is_settled(self.values[variable]):
            self.settle()
        return at_span(_expr_of(self.values[variable], variable), span)

    def assigned(self) -> frozenset[str]:
        """Return the variables that have been assigned to."""
        return frozenset(self.values)

    def local_names(self) -> frozenset[str]:
        """Return the local names that reading may give, or that are bound around."""
        self.settle()
        return self.binders.union(self.definitions)

    def settle(self) -> None:
        """Bind every value that is not trivial to a name, so that it is evaluated here."""
        for variable in [variable for variable, stored in self.values.items() if not _is_settled(stored)]:
            stored = self.values[variable]
            value = _expr_of(stored, variable)
            if self.condition is not None:
                value = e.Ite(self.condition, value, e.Var(variable), span=value.span)
            of = self.known.variables[variable]
            sure = (isinstance(stored, Plain) and stored.sure) or is_sure(value, of, self.known)
            name = self.bind(variable, value, stored.span)
            if sure:
                self.local_types[name.name] = of
            self.values[variable] = Plain(name, stored.span, sure)

    def bind(self, hint: str, value: e.Expr, span: Span) -> e.Local:
        """Evaluate the value here and return the name that it gets, which no binder has."""
        name = f"{hint}@{len(self.definitions) + 1}"
        self.definitions[name] = value
        self.clauses.append(Bind(name, value, span))
        return e.Local(name, span=span)

    def pick(self, name: str, domain: e.Expr, span: Span) -> e.Local:
        """Choose any element of a set; return the name that it gets."""
        local = self._bound(name, span)
        self.clauses.append(Pick(local.name, domain, span))
        if isinstance(domain, e.AllOf):
            self.local_types[local.name] = domain.type
        return local

    def define(self, name: str, value: e.Expr, span: Span) -> e.Local:
        """Evaluate the value here; return the name that it gets."""
        local = self._bound(name, span)
        self.clauses.append(Bind(local.name, value, span))
        return local

    def _bound(self, name: str, span: Span) -> e.Local:
        core_name = unused(name, self.binders)
        self.binders |= {core_name}
        return e.Local(core_name, span=span)

    def store(self, variable: str, value: Stored) -> None:
        """Assign to a variable."""
        self.values.pop(variable, None)
        self.values[variable] = value

    def guarded(self, condition: e.Expr) -> e.Expr:
        """Return the condition as it is to be asked here."""
        return condition if self.condition is None else e.Implies(self.condition, condition, span=condition.span)


# ---------------------------------------------------------------------------------- carrying out


@dataclass(frozen=True, slots=True)
class Precedence:
    """Which part of an order comes before which: `known` for two of them as written, or None where it is as the constant `name` has it. `atoms` are the parts as values."""

    name: str
    atoms: tuple[e.Lit, ...]
    known: Mapping[tuple[int, int], bool] | None

    @property
    def is_total(self) -> bool:
        """Whether there is only one way: as written."""
        return self.known is not None and all(self.known[i, i + 1] for i in range(len(self.atoms) - 1))

    def before(self, first: int, second: int) -> e.Expr:
        """Return whether a part has to have been run when the other one is."""
        if self.known is not None:
            return e.Lit(self.known[first, second])
        pair = (self.atoms[first].value, self.atoms[second].value)
        return e.App(e.Const(self.name), e.Lit(pair))


@dataclass(frozen=True, slots=True)
class Executor:
    """Carries out the atomic steps of one action, or of one process (`table`)."""

    home: Home
    annotations: Annotations
    known: Known
    table: ProcessTable | None
    orders: Mapping[str, Precedence] = field(default_factory=dict)
    """Of the orders of the process, by name, which part comes before which."""

    def variants(self, start: Point, path: Path, span: Span) -> list[tuple[tuple[Clause, ...], tuple[Assignment, ...]]]:
        """Return the clauses and updates of each way through the step that starts at a point. Raises Abandoned."""
        source = self._order_at(start)
        finished: list[Path] = []
        underway: list[tuple[Path, Point]] = [(path, start)]
        while underway:
            path, point = underway.pop()
            going_on = self._advance(path, point, source, first=point is start)
            if going_on is None:
                finished.append(path)
            underway.extend(reversed(going_on or []))
            if len(finished) + len(underway) > MAX_VARIANTS:
                raise self.home.abandon(
                    Code.SYSTEM_TOO_LARGE,
                    f"there are more than {MAX_VARIANTS} ways through this one step",
                    span,
                    "put labels between the `if` and `either` statements, or fewer of them",
                )
        return [(tuple(path.clauses), self._updates(path)) for path in finished]

    def _updates(self, path: Path) -> tuple[Assignment, ...]:
        updates: list[Assignment] = []
        for variable, stored in path.values.items():
            value = self._final(stored, variable, path)
            if value != e.Var(variable):
                updates.append(Assignment(variable, value, stored.span))
        return tuple(updates)

    def _final(self, stored: Stored | None, variable: str, path: Path) -> e.Expr:
        """Return the value of a variable after the step, checked."""
        of = self.known.variables[variable]
        match stored:
            case None:
                return e.Var(variable)
            case Plain(expr, _, sure=True):
                return expr
            case Plain(e.Local(name), span) if name in path.definitions and isinstance(
                of, t.FunctionType | t.RecordType
            ):
                # Checking the parts as they were put together leaves less to check than the whole.
                return checked(path.definitions[name], of, span, path.known)
            case Plain(expr, span):
                return checked(expr, of, span, path.known)
            case Merged(condition, yes, no, span):
                if_yes, if_no = self._final(yes, variable, path), self._final(no, variable, path)
                return e.Ite(condition, if_yes, if_no, span=span)
            case _:
                assert_never(stored)

    def env(self, path: Path) -> Env:
        """Return the environment of the next expression on a path."""
        return Env(
            self.home,
            self.annotations,
            names=dict(path.names),
            taken=path.binders,
            reading=path,
            owner=None if self.table is None else self.table.owner,
        )

    def _advance(
        self, path: Path, point: Point, source: s.Order | None, *, first: bool
    ) -> list[tuple[Path, Point]] | None:
        """Carry out statements up to the end of the step (return None), or up to where the ways part (return them). The step begins inside the order `source`, if any."""
        while True:
            item = point.statement
            if item is None:
                if point.loop is not None:
                    self._arrive(path, point.loop, point)
                    return None
                if point.order is not None and point.part is None:
                    self._next_part(path, point, point.order)
                    return None
                if point.part is not None and point.order is not None and point.rest is not None:
                    return self._part_ended(path, point, point.order, point.part, point.rest)
                if point.rest is None:
                    if point.body.procedure is not None:
                        raise InternalError(f"{point.body.procedure} ends without a return")
                    if self.table is not None:
                        self._arrive(path, DONE, point)
                    return None
                point = point.rest
                continue
            if item.label is not None and not first and point.body.labels:
                self._arrive(path, point.body.labels[item.label.name], point)
                return None
            first = False
            match item.statement:
                case s.IfStatement(condition, yes, no) as statement:
                    if _is_straight(yes) and _is_straight(no):
                        self._merge(statement, path)
                    else:
                        test = lower_expr(condition, self.env(path))
                        return self._fork(path, test, condition.span, point.into(yes), point.into(no))
                case s.Either(branches):
                    path.settle()
                    return [(path.copy(), point.into(branch)) for branch in branches]
                case s.Order() as order:
                    self._begin_order(path, point, order)
                    return None
                case s.With(bindings, body):
                    for binding in bindings:
                        self._with(binding, path)
                    point = point.into(body)
                    continue
                case s.While(condition, body):
                    test = lower_expr(condition, self.env(path))
                    return self._fork(path, test, condition.span, point.into_loop(body), point.after())
                case s.Goto(label):
                    self._leave_order(path, source, point.body.labels[label.name], item.statement.span)
                    self._arrive(path, point.body.labels[label.name], point)
                    return None
                case s.Call() as call:
                    self._call(call, path, point, source)
                    return None
                case s.Return():
                    self._leave_order(path, source, None, item.statement.span)
                    self._return(path, point, item.statement.span)
                    return None
                case statement:
                    self._straight(statement, path)
            point = point.after()

    def _fork(self, path: Path, test: e.Expr, span: Span, yes: Point, no: Point) -> list[tuple[Path, Point]]:
        if isinstance(test, e.Lit):
            return [(path, yes if test.value else no)]
        path.settle()
        other = path.copy()
        path.clauses.append(Guard(test, span))
        other.clauses.append(Guard(_negated(test, span), span))
        return [(path, yes), (other, no)]

    # ----------------------------------------------------------------------------------------- orders

    def _order_at(self, start: Point) -> s.Order | None:
        """Return the order that a step begins in."""
        statement = start.statement
        if self.table is None or statement is None or statement.label is None:
            return None
        return self.table.flow.order_of.get(start.body.labels.get(statement.label.name, ""))

    def _begin_order(self, path: Path, point: Point, order: s.Order) -> None:
        """End the step at a part that may come first."""
        precedence = self.orders[order.name.name]
        if precedence.is_total:
            self._arrive(path, point.body.labels[order.labels[0].name], point)
        else:
            self._store_done(path, order, e.Lit(frozenset()), order.name.span)
            self._next_part(path, point, order)

    def _part_ended(
        self, path: Path, point: Point, order: s.Order, part: int, rest: Point
    ) -> list[tuple[Path, Point]] | None:
        """Go on to a part that may come next: end the step there (return None), or go on after the order (return the ways)."""
        precedence, span = self.orders[order.name.name], order.labels[part].span
        is_last = part == len(order.parts) - 1
        if precedence.is_total:
            if is_last:
                return [(path, rest)]
            self._arrive(path, point.body.labels[order.labels[part + 1].name], point)
            return None
        others = [e.In(atom, self._done(path, order, span)) for i, atom in enumerate(precedence.atoms) if i != part]
        over = e.And(tuple(others), span=span)
        path.settle()
        last = path.copy()
        last.clauses.append(Guard(over, span))
        self._store_done(last, order, e.Lit(frozenset()), span)
        path.clauses.append(Guard(e.Not(over, span=span), span))
        run = e.SetLit((precedence.atoms[part],), span=span)
        done = e.SetBinary(e.SetOp.UNION, self._done(path, order, span), run, span=span)
        self._store_done(path, order, done, span)
        return [(path, point.to_next_part()), (last, rest)]

    def _next_part(self, path: Path, point: Point, order: s.Order) -> None:
        """End the step at any part that has not been run, and all of whose predecessors have."""
        precedence, span = self.orders[order.name.name], order.name.span
        table = self._process()
        path.settle()
        done = self._done(path, order, span)
        labels = [e.Lit(table.label(point.body.labels[label.name]), span=span) for label in order.labels]
        taken = unused("next", path.binders)
        chosen = e.Local(taken, span=span)
        ways: list[e.Expr] = []
        for i, label in enumerate(labels):
            asked: list[e.Expr] = [e.Eq(chosen, label, span=span), e.Not(e.In(precedence.atoms[i], done), span=span)]
            for j in range(i):
                before = precedence.before(j, i)
                if before != e.Lit(False):
                    ready = e.In(precedence.atoms[j], done, span=span)
                    asked.append(ready if before == e.Lit(True) else e.Implies(before, ready, span=span))
            ways.append(e.And(tuple(asked), span=span))
        values = frozenset([label.value for label in labels])
        binder = e.Binder(taken, e.Lit(values, span=span), span=span)
        domain = e.Filter(binder, e.Or(tuple(ways), span=span), span=span)
        self._go(path, path.pick("next", domain, span), span)

    def _leave_order(self, path: Path, source: s.Order | None, target: str | None, span: Span) -> None:
        """Forget which parts have been run, where a jump leads out of an order, at once or (None: by a `return`) behind a call."""
        if source is None or self.orders[source.name.name].is_total:
            return
        if target is None or self._process().flow.order_of.get(target) is not source:
            self._store_done(path, source, e.Lit(frozenset()), span)

    def _done(self, path: Path, order: s.Order, span: Span) -> e.Expr:
        return self._own(path, self._process().variables[done_variable(order.name.name)], span)

    def _store_done(self, path: Path, order: s.Order, value: e.Expr, span: Span) -> None:
        self._store_own(path, self._process().variables[done_variable(order.name.name)], value, span, sure=True)

    # ------------------------------------------------------------------ statements without branching

    def _straight(self, statement: s.Statement, path: Path) -> None:
        match statement:
            case s.Await(condition):
                test = lower_expr(condition, self.env(path))
                path.settle()
                path.clauses.append(Guard(path.guarded(test), statement.span))
            case s.Assert(condition):
                test = lower_expr(condition, self.env(path))
                path.settle()
                path.clauses.append(Assertion(path.guarded(test), statement.span))
            case s.Assign(assignments):
                self._assign(assignments, path)
            case s.IfStatement():
                self._merge(statement, path)
            case s.Skip():
                pass
            case s.Either() | s.Order() | s.With() | s.While() | s.Goto() | s.Call() | s.Return() | s.MacroCall():
                raise InternalError(f"{statement} where nothing may branch")
            case _:
                assert_never(statement)

    def _merge(self, statement: s.IfStatement, path: Path) -> None:
        """Carry out an `if` of which both branches are straight, as one."""
        test = lower_expr(statement.condition, self.env(path))
        if isinstance(test, e.Lit):
            for item in statement.yes if test.value else statement.no:
                self._straight(item.statement, path)
            return
        path.settle()
        outer, span = path.condition, statement.condition.span
        if outer is not None:
            yes: e.Expr = path.bind("if", e.And((outer, test), span=span), span)
            no: e.Expr = e.And((outer, e.Not(yes, span=span)), span=span)
        else:
            yes = test if is_trivial(test) else path.bind("if", test, span)
            no = _negated(yes, span)
        before = dict(path.values)
        path.condition = yes
        for item in statement.yes:
            self._straight(item.statement, path)
        if_yes, path.values = path.values, before.copy()
        path.condition = no
        for item in statement.no:
            self._straight(item.statement, path)
        if_no, path.values = path.values, before.copy()
        path.condition = outer
        for variable in {**if_yes, **if_no}:
            stored_yes, stored_no = if_yes.get(variable), if_no.get(variable)
            last = stored_no if stored_no is not None and stored_no is not before.get(variable) else stored_yes
            if stored_yes is not stored_no and last is not None:
                path.store(variable, Merged(yes, stored_yes, stored_no, last.span))

    def _with(self, binding: s.WithBinding, path: Path) -> None:
        value = lower_expr(binding.value, self.env(path))
        path.settle()
        if binding.equals and is_trivial(value):
            path.names[binding.name.name] = value
            return
        bound = path.define if binding.equals else path.pick
        path.names[binding.name.name] = bound(binding.name.name, value, binding.span)

    # ----------------------------------------------------------------------------------- assignments

    def _assign(self, assignments: tuple[s.Assignment, ...], path: Path) -> None:
        env = self.env(path)
        prepared: list[tuple[s.Assignment, str, tuple[PathStep, ...], e.Expr]] = []
        for assignment in assignments:
            variable, steps = self._target(assignment.target, env)
            prepared.append((assignment, variable, steps, lower_expr(assignment.value, env)))
        current = {variable: path.read(variable, assignment.target.span) for assignment, variable, _, _ in prepared}
        for assignment, variable, steps, value in prepared:
            current[variable] = _put(current[variable], steps, value, env.taken)
            path.store(variable, Plain(current[variable], assignment.span))

    def _target(self, target: s.Expr, env: Env) -> tuple[str, tuple[PathStep, ...]]:
        """Return the variable that is assigned to, and the way to the part of it that changes."""
        match target:
            case s.Name():
                match env.annotations.meanings[id(target)]:
                    case VariableMeaning(decl):
                        return decl.name.name, ()
                    case OwnMeaning(name) if env.owner is not None:
                        return env.owner.variables[name], self._own_step(target.span)
                    case ForeignMeaning(name, owner):
                        return self.home.foreign(owner, name), ()
                    case meaning:
                        raise InternalError(f"{target.name} is assigned to, but means {meaning}")
            case s.Index(inner, args):
                variable, steps = self._target(inner, env)
                return variable, (*steps, path_step(args, env.type_of(inner), env, target.span))
            case s.FieldOf(inner, field_name):
                variable, steps = self._target(inner, env)
                return variable, (*steps, FieldNamed(field_name.name, target.span))
            case _:
                raise InternalError(f"{target} is assigned to")

    def _own_step(self, span: Span) -> tuple[PathStep, ...]:
        """Return the way to this process's element of a variable."""
        if self.table is None or self.table.identifier is None:
            return ()
        return (Argument(at_span(self.table.identifier, span), span),)

    def _own(self, path: Path, variable: str, span: Span) -> e.Expr:
        """Return this process's element of a variable."""
        value = path.read(variable, span)
        return self._own_step(span)[0].of(value) if self._own_step(span) else value

    def _store_own(self, path: Path, variable: str, value: e.Expr, span: Span, *, sure: bool) -> None:
        """Assign to this process's element of a variable."""
        steps = self._own_step(span)
        before = path.values.get(variable)
        whole = path.read(variable, span)  # evaluated even where nothing is left of it: that may fault
        if steps:
            sure = sure and (before is None or (isinstance(before, Plain) and before.sure))
            value = _put(whole, steps, value, path.binders)
        path.store(variable, Plain(value, span, sure))

    # --------------------------------------------------------------------- the end of a step, procedures

    def _arrive(self, path: Path, label: str, point: Point) -> None:
        """End the step at a label."""
        table = self._process()
        here = point.statement
        span = here.span if here is not None else table.span
        self._go(path, e.Lit(table.label(label), span=span), span)

    def _go(self, path: Path, label: e.Expr, span: Span) -> None:
        self._store_own(path, self._process().pc, label, span, sure=True)

    def _process(self) -> ProcessTable:
        if self.table is None:
            raise InternalError("a step between labels outside a process")
        return self.table

    def _call(self, call: s.Call, path: Path, point: Point, source: s.Order | None) -> None:
        table = self._process()
        called = table.procedures[call.procedure.name]
        args = [lower_expr(arg, self.env(path)) for arg in call.args]
        back = landing(point.after())
        if back is not None:
            address: e.Expr = e.Lit(table.label(back), span=call.span)
        else:
            caller = table.procedures[str(point.body.procedure)]
            address = self._address(path, caller.returns, caller.return_variable, call.span)
            self._reset(path, caller.idle, call.span)
        for param, arg in zip(called.params, args, strict=True):
            self._store_own(path, param, arg, arg.span, sure=False)
        for decl in called.locals_set_at_call:
            self._set_at_call(path, decl, table)
        if called.return_variable is not None:
            self._store_own(path, called.return_variable, address, call.span, sure=True)
        self._leave_order(path, source, back, call.span)
        self._go(path, e.Lit(table.label(called.start), span=call.span), call.span)

    def _set_at_call(self, path: Path, decl: s.VarDecl, table: ProcessTable) -> None:
        """Give a procedure's local its initial value, where that depends on the state or is not determined."""
        variable = table.variables[decl.name.name]
        if decl.initial is None:
            domain: e.Expr = e.AllOf(self.home.type_of(decl.type, self.annotations), span=decl.span)
        else:
            domain = lower_expr(decl.initial, self.env(path))
        if decl.initial is not None and not decl.any_of:
            self._store_own(path, variable, domain, decl.span, sure=False)
            return
        path.settle()
        picked = path.pick(decl.name.name, domain, decl.span)
        self._store_own(path, variable, picked, decl.span, sure=decl.initial is None)

    def _return(self, path: Path, point: Point, span: Span) -> None:
        procedure = self._process().procedures[str(point.body.procedure)]
        address = self._address(path, procedure.returns, procedure.return_variable, span)
        self._reset(path, procedure.idle, span)
        self._go(path, address, span)

    def _address(self, path: Path, returns: tuple[str, ...], variable: str | None, span: Span) -> e.Expr:
        """Return the label at which a procedure returns."""
        if variable is not None:
            return self._own(path, variable, span)
        return e.Lit(self._process().label(returns[0]), span=span)

    def _reset(self, path: Path, idle: Mapping[str, Value], span: Span) -> None:
        for variable, value in idle.items():
            self._store_own(path, variable, e.Lit(value, span=span), span, sure=True)


def _negated(test: e.Expr, span: Span) -> e.Expr:
    match test:
        case e.Not(operand) if operand.span != NOWHERE:
            return operand
        case _:
            return e.Not(test, span=span)  # with the test's own span: this negation stands nowhere in the text


def _put(whole: e.Expr, steps: tuple[PathStep, ...], value: e.Expr, taken: frozenset[str]) -> e.Expr:
    """Return the whole with another value at the end of the steps."""
    return updated(whole, steps, Replacement(lambda _part, _taken: value, of_part=False), taken)


def _is_straight(block: s.Block) -> bool:
    """Return whether the statements can be carried out without branching."""
    for item in block:
        match item.statement:
            case _ if item.label is not None:
                return False
            case s.Await() | s.Assign() | s.Skip() | s.Assert():
                pass
            case s.IfStatement(_, yes, no):
                if not (_is_straight(yes) and _is_straight(no)):
                    return False
            case _:
                return False
    return True
