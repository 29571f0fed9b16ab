"""What must be true of every transition system for the rest of pluscheck to make sense of it: a check at the door, used in tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.system import Action, Assertion, Bind, Guard, Pick, PropertyKind, TransitionSystem
from pluscheck.core.values import ordered
from pluscheck.core.walk import children, subterms


def faults_of_form(system: TransitionSystem) -> list[str]:
    """Return, in words, everything that is wrong with the system's form; nothing if it is well formed."""
    return list(_Checker(system).faults())


class _Checker:
    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.constants = {constant.name for constant in system.constants}
        self.variables = {variable.name: variable.type for variable in system.variables}
        self.with_primes = _operators_with_primes(system)

    def faults(self) -> Iterator[str]:
        system = self.system
        yield from _repeated("variable", [variable.name for variable in system.variables])
        yield from _repeated("constant", [constant.name for constant in system.constants])
        yield from _repeated("property", [prop.name for prop in system.properties])
        yield from _repeated("process", [process.name for process in system.processes])
        yield from _repeated("action", [f"{action.name} (variant {action.variant})" for action in system.actions])
        for constant in system.constants:
            yield from self.in_type(constant.type, constant.name)
            if not t.is_member(constant.value, constant.type, system.scope):
                yield f"{constant.name}: the value {constant.value!r} is not of its type"
        before: set[str] = set()
        for variable in system.variables:
            yield from self.in_type(variable.type, variable.name)
            if variable.initial is not None:
                yield from self.in_expr(variable.initial, variable.name, variables=before)
            before.add(variable.name)
        for number, condition in enumerate(system.init):
            yield from self.in_expr(condition, f"init {number}")
        for prop in system.properties:
            yield from self.in_expr(prop.formula, prop.name, primes=prop.kind is PropertyKind.TRANSITION)
        if system.terminal is not None:
            yield from self.in_expr(system.terminal, "terminal")
        for name, operator in system.operators.items():
            if operator.name != name:
                yield f"{name}: the operator is called {operator.name}"
            yield from _repeated(f"parameter of {name}", operator.params)
            yield from self.in_expr(operator.body, name, local_names=frozenset(operator.params), primes=True)
        for action in system.actions:
            yield from self.in_action(action)
        yield from self.in_processes()

    def in_processes(self) -> Iterator[str]:
        for process in self.system.processes:
            if process.pc not in self.variables:
                yield f"{process.name}: there is no variable {process.pc}"
            if process.labels[-1:] != ("Done",):
                yield f"{process.name}: the last label is not Done"
            yield from _repeated(f"label of {process.name}", process.labels)
        names = {process.name for process in self.system.processes}
        for variable in self.system.variables:
            if variable.process is not None and variable.process not in names:
                yield f"{variable.name}: there is no process {variable.process}"

    def in_action(self, action: Action) -> Iterator[str]:
        where = f"{action.name} (variant {action.variant})"
        leading = [clause.name for clause in action.clauses[: len(action.params)] if isinstance(clause, Pick)]
        if leading != list(action.params):
            yield f"{where}: the parameters are not the leading picks"
        if action.self_name is not None and action.self_name not in action.params:
            yield f"{where}: {action.self_name} is not a parameter"
        bound: set[str] = set()
        for clause in action.clauses:
            match clause:
                case Pick(name, expr) | Bind(name, expr):
                    yield from self.in_expr(expr, where, local_names=frozenset(bound))
                    if name in bound:
                        yield f"{where}: {name} is bound twice"
                    bound.add(name)
                case Guard(condition) | Assertion(condition):
                    yield from self.in_expr(condition, where, local_names=frozenset(bound))
        yield from _repeated(f"variable assigned in {where}", [update.variable for update in action.updates])
        for update in action.updates:
            if update.variable not in self.variables:
                yield f"{where}: there is no variable {update.variable}"
            yield from self.in_expr(update.value, where, local_names=frozenset(bound))

    def in_expr(
        self,
        expr: e.Expr,
        where: str,
        *,
        local_names: frozenset[str] = frozenset(),
        variables: Iterable[str] | None = None,
        primes: bool = False,
    ) -> Iterator[str]:
        """Yield what is wrong with an expression; `variables` are those that it may mention, all if None."""
        known = set(self.variables if variables is None else variables)
        stack = [(expr, local_names, primes)]
        seen: set[tuple[int, frozenset[str], bool]] = set()
        while stack:
            part, bound, may_prime = stack.pop()
            if (id(part), bound, may_prime) in seen:
                continue
            seen.add((id(part), bound, may_prime))
            yield from self.in_node(part, where, bound, known, may_prime=may_prime)
            match part:
                case e.Forall(binders, body) | e.Exists(binders, body) | e.Lambda(binders, body) | e.Map(body, binders):
                    yield from _repeated(f"binder in {where}", [binder.name for binder in binders])
                    stack += [(binder.domain, bound, may_prime) for binder in binders]
                    stack.append((body, bound | {binder.name for binder in binders}, may_prime))
                case e.Choose(binder, body) | e.Filter(binder, body):
                    stack += [(binder.domain, bound, may_prime), (body, bound | {binder.name}, may_prime)]
                case e.Let(name, value, body):
                    stack += [(value, bound, may_prime), (body, bound | {name}, may_prime)]
                case e.Prime(operand):
                    stack.append((operand, bound, False))
                case _:
                    stack += [(child, bound, may_prime) for child in children(part)]

    def in_node(
        self, part: e.Expr, where: str, bound: frozenset[str], variables: set[str], *, may_prime: bool
    ) -> Iterator[str]:
        """Yield what is wrong with one node, apart from the parts of it."""
        match part:
            case e.Var(name) if name not in variables:
                yield f"{where}: no variable {name} here"
            case e.Const(name) if name not in self.constants:
                yield f"{where}: no constant {name}"
            case e.Local(name) if name not in bound:
                yield f"{where}: {name} is not bound"
            case e.Prime() if not may_prime:
                yield f"{where}: a prime where there is no next state"
            case e.Call(name, args):
                operator = self.system.operators.get(name)
                if operator is None:
                    yield f"{where}: no operator {name}"
                elif len(operator.params) != len(args):
                    yield f"{where}: {name} is called with {len(args)} arguments"
                if name in self.with_primes and not may_prime:
                    yield f"{where}: {name} has a prime, and there is no next state"
            case e.MakeRecord(fields) | e.RecordSpace(fields):
                yield from _unsorted([name for name, _ in fields], where)
            case e.Project(_, index) | e.UpdateProject(_, index, _) if index < 1:
                yield f"{where}: items of tuples are counted from 1"
            case e.AllOf(of) | e.Check(_, of):
                yield from self.in_type(of, where)
            case e.Case((), None):
                yield f"{where}: a CASE with no arms"
            case _:
                pass

    def in_type(self, of: t.Type, where: str) -> Iterator[str]:
        """Yield what is wrong with a type."""
        match of:
            case t.RangeType(low, high):
                if low > high:
                    yield f"{where}: the range {low}..{high} is empty"
            case t.SortType(name):
                if not self.system.scope.get(name):
                    yield f"{where}: the sort {name} has no elements"
            case t.AmongType(values):
                if not values or list(values) != ordered(values):
                    yield f"{where}: the values {values!r} are none, or out of order"
            case t.UnionType(_, parts) | t.TupleType(parts):
                for part in parts:
                    yield from self.in_type(part, where)
            case t.RecordType(fields):
                yield from _unsorted([name for name, _ in fields], where)
                for _, item in fields:
                    yield from self.in_type(item, where)
            case t.FunctionType(domain, target):
                yield from self.in_type(domain, where)
                yield from self.in_type(target, where)
            case t.SetType(element) | t.SeqType(element, _) | t.OptionType(element):
                yield from self.in_type(element, where)
            case t.BoolType() | t.EnumType():
                pass


def _repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name}: there are {count}"


def _unsorted(names: list[str], where: str) -> Iterator[str]:
    if names != sorted(set(names)):
        yield f"{where}: the fields {', '.join(names)} are out of order"


def _operators_with_primes(system: TransitionSystem) -> set[str]:
    """Return the operators that mention the next state, themselves or through those that they call."""
    calls: dict[str, set[str]] = {}
    found: set[str] = set()
    for name, operator in system.operators.items():
        parts = list(subterms([operator.body]))
        calls[name] = {part.operator for part in parts if isinstance(part, e.Call)}
        if any(isinstance(part, e.Prime) for part in parts):
            found.add(name)
    grown = True
    while grown:
        more = {name for name, called in calls.items() if called & found} - found
        grown = bool(more)
        found |= more
    return found
