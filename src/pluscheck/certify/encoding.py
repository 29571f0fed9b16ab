"""What expressions mean, as formulas: written from the definitions in `core`, a second time and by themselves.

An expression in a setting has a symbolic value and the condition that evaluating it faults. Which of several faults comes first does not matter to
a proof, only whether there is one: so the order of evaluation shows in what is not evaluated, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, assert_never

from pluscheck.base.errors import InternalError
from pluscheck.certify.formulas import FALSE, TRUE, OutgrownError
from pluscheck.certify.symbols import (
    NOWHERE,
    Between,
    Fields,
    FunctionsOf,
    Graph,
    Listed,
    Maybe,
    Members,
    Nowhere,
    Number,
    ProductOf,
    RecordsOf,
    Row,
    SubsetsOf,
    Symbolic,
    Symbols,
    Truth,
    as_set,
)
from pluscheck.core import exprs as e
from pluscheck.core.evaluator import MAX_BITS
from pluscheck.core.exprs import MAX_RECURSION, Arithmetic, Binder, Comparison, Expr
from pluscheck.core.system import TransitionSystem
from pluscheck.core.values import ordered
from pluscheck.core.walk import children

SymbolicState = tuple[Symbolic, ...]
"""A symbolic value for each variable."""

Meaning = tuple[Symbolic, int]
"""A symbolic value, and the condition that evaluating faults."""

MAX_VISITS = 3_000_000
"""How many expressions are looked at for one set of obligations, each as often as it is looked at."""

_NOTHING_MEANT: Meaning = (NOWHERE, TRUE)


class Definition:
    """A `LET` definition or an operator's argument: it means something where it is used, in the state in which it is used."""

    __slots__ = ("expr", "meanings", "setting")

    def __init__(self, expr: Expr, setting: Setting) -> None:
        self.expr = expr
        self.setting = setting
        self.meanings: dict[int, Meaning] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Where an expression stands: the states in which it is read, what names mean, and how many calls of each operator are around it."""

    states: States
    in_next: bool
    bound: Mapping[str, Symbolic | Definition]
    calls: tuple[tuple[str, int], ...]

    def binding(self, names: Mapping[str, Symbolic | Definition]) -> Setting:
        """Return this setting with more names bound, which hide outer ones."""
        return Setting(self.states, self.in_next, {**self.bound, **names}, self.calls)


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The current state, and the next if there is one."""

    now: SymbolicState
    following: SymbolicState | None = None


class Encoding:
    """What the expressions of one system mean. Raises OutgrownError."""

    def __init__(self, system: TransitionSystem, symbols: Symbols) -> None:
        self.system = system
        self.symbols = symbols
        self.formulas = symbols.formulas
        self._constants = {constant.name: constant.value for constant in system.constants}
        self._positions = {variable.name: position for position, variable in enumerate(system.variables)}
        self._free: dict[int, tuple[str, ...]] = {}
        self._meanings: dict[Any, Meaning] = {}
        self._kept: list[Any] = []
        """What the keys of `_meanings` are made of, so that no `id` is used again."""
        self._visits = 0

    def truth(self, expr: Expr, setting: Setting) -> tuple[int, int]:
        """Return the formula of a Boolean expression, and the condition that it faults."""
        value, fault = self.meaning(expr, setting)
        return _term(value), fault

    def meaning(self, expr: Expr, setting: Setting) -> Meaning:
        """Return what an expression means in a setting; of one expression with the same names, the same."""
        bound = setting.bound
        named = tuple([id(bound[name]) for name in self._names_in(expr) if name in bound])
        key = (id(expr), id(setting.states), setting.in_next, named, setting.calls)
        found = self._meanings.get(key)
        if found is None:
            self._visits += 1
            if self._visits > MAX_VISITS:
                raise OutgrownError("its obligations are too large")
            found = self._meanings[key] = self._meant(expr, setting)
            self._kept.append((expr, setting))
        return found

    def _names_in(self, expr: Expr) -> tuple[str, ...]:
        """Return the bound names that an expression mentions."""
        found = self._free.get(id(expr))
        if found is None:
            names: set[str] = {expr.name} if isinstance(expr, e.Local) else set()
            for part in children(expr):
                names.update(self._names_in(part))
            found = self._free[id(expr)] = tuple(sorted(names))
            self._kept.append(expr)
        return found

    # ----------------------------------------------------------------------------------- expressions

    def _meant(self, expr: Expr, setting: Setting) -> Meaning:
        symbols, formulas = self.symbols, self.formulas
        match expr:
            # Names
            case e.Lit(constant):
                return symbols.lifted(constant), FALSE
            case e.Var(name):
                return _state(setting)[self._positions[name]], FALSE
            case e.Const(name):
                return symbols.lifted(self._constants[name]), FALSE
            case e.Local(name):
                return self._named(setting.bound[name], setting)
            case e.Prime(operand):
                if setting.in_next or setting.states.following is None:
                    raise InternalError("a primed expression where there is no next state")
                return self.meaning(operand, Setting(setting.states, True, setting.bound, setting.calls))
            case e.Let(name, value, body):
                return self.meaning(body, setting.binding({name: Definition(value, setting)}))
            case e.Call(name, args):
                return self._called(name, args, setting)

            # Booleans
            case e.Not(operand):
                truth, fault = self.truth(operand, setting)
                return Truth(formulas.not_(truth)), fault
            case e.And(args):
                return self._conjunction(args, setting)
            case e.Or(args):
                return self._disjunction(args, setting)
            case e.Implies(left, right):
                first, fault = self.truth(left, setting)
                if first == FALSE:
                    return Truth(TRUE), fault
                second, fault_after = self.truth(right, setting)
                return Truth(formulas.implies(first, second)), formulas.or_(fault, formulas.and_(first, fault_after))
            case e.Ite(condition, yes, no):
                return self._either(condition, yes, no, setting)
            case e.Case(arms, other):
                return self._arms(arms, other, setting)
            case e.Eq(left, right):
                (a, b), fault = self._all((left, right), setting)
                return Truth(symbols.equal(a, b)), fault
            case e.In(element, of):
                (member, members), fault = self._all((element, of), setting)
                return Truth(symbols.contains(members, member)), fault
            case e.Subset(left, right):
                (a, b), fault = self._all((left, right), setting)
                return Truth(symbols.included(as_set(a), as_set(b))), fault
            case e.Forall(binders, body):
                chosen, fault = self._instances(binders, body, setting)
                return Truth(formulas.all_([formulas.implies(c, _term(v)) for c, v in chosen])), fault
            case e.Exists(binders, body):
                chosen, fault = self._instances(binders, body, setting)
                return Truth(formulas.any_([formulas.and_(c, _term(v)) for c, v in chosen])), fault
            case e.Choose(binder, body, unique):
                return self._chosen(binder, body, setting, unique=unique)

            # Integers
            case e.Arith(op, left, right):
                (a, b), fault = self._all((left, right), setting)
                result, undefined = self._arithmetic(op, a, b)
                return result, formulas.or_(fault, undefined)
            case e.Compare(op, left, right):
                (a, b), fault = self._all((left, right), setting)
                return Truth(self._compared(op, a, b)), fault
            case e.Neg(operand):
                negative, fault = self.meaning(operand, setting)
                return (symbols.negated(negative) if isinstance(negative, Number) else NOWHERE), fault

            # Sets
            case e.SetLit(items):
                values, fault = self._all(items, setting)
                return Listed(tuple((TRUE, value) for value in values)), fault
            case e.Interval(low, high):
                (a, b), fault = self._all((low, high), setting)
                if not isinstance(a, Number) or not isinstance(b, Number):
                    return NOWHERE, fault
                return Between(a, b), fault
            case e.AllOf(of):
                return symbols.all_values(of), FALSE
            case e.SetBinary(op, left, right):
                (a, b), fault = self._all((left, right), setting)
                return symbols.combined(op, a, b), fault
            case e.BigUnion(operand):
                sets, fault = self.meaning(operand, setting)
                return self._union(sets), fault
            case e.Powerset(operand):
                base, fault = self.meaning(operand, setting)
                return SubsetsOf(as_set(base)), fault
            case e.Filter(binder, condition):
                fault, found = self._satisfying(binder, condition, setting)
                return Members({value: formulas.and_(here, truth) for value, here, truth in found}), fault
            case e.Map(value, binders):
                chosen, fault = self._instances(binders, value, setting)
                return Listed(tuple(chosen)), fault
            case e.Cross(items):
                values, fault = self._all(items, setting)
                return ProductOf(tuple(as_set(value) for value in values)), fault
            case e.FunctionSpace(domain, target):
                (a, b), fault = self._all((domain, target), setting)
                return FunctionsOf(symbols.elements(a), as_set(b)), fault
            case e.RecordSpace(fields):
                values, fault = self._all([item for _, item in fields], setting)
                names = [name for name, _ in fields]
                return RecordsOf({n: as_set(v) for n, v in zip(names, values, strict=True)}), fault
            case e.Cardinality(operand):
                members_of, fault = self.meaning(operand, setting)
                return symbols.size(as_set(members_of)), fault

            # Functions, records, options
            case e.Lambda(binders, value):
                return self._function(binders, value, setting)
            case e.App(function, argument):
                (graph, at), fault = self._all((function, argument), setting)
                result, outside = self._applied(graph, at)
                return result, formulas.or_(fault, outside)
            case e.Domain(function):
                graph, fault = self.meaning(function, setting)
                entries = graph.entries if isinstance(graph, Graph) else {}
                return Members({argument: defined for argument, (defined, _) in entries.items()}), fault
            case e.Update(function, argument, value):
                (graph, at, new), fault = self._all((function, argument, value), setting)
                if not isinstance(graph, Graph):
                    return _NOTHING_MEANT
                _, outside = self._applied(graph, at)
                updated = {}
                for key, (defined, old) in graph.entries.items():
                    updated[key] = (defined, symbols.merged(symbols.equal(at, symbols.lifted(key)), new, old))
                return Graph(updated), formulas.or_(fault, outside)
            case e.Override(left, right):
                (winner, loser), fault = self._all((left, right), setting)
                return self._overridden(winner, loser), fault
            case e.Single(argument, value):
                (at, new), fault = self._all((argument, value), setting)
                return Graph({key: (here, new) for key, here in symbols.cases(at).items()}), fault
            case e.MakeRecord(fields):
                values, fault = self._all([item for _, item in fields], setting)
                return Fields(dict(zip([name for name, _ in fields], values, strict=True))), fault
            case e.Field(record, name):
                whole, fault = self.meaning(record, setting)
                return (whole.items[name] if isinstance(whole, Fields) else NOWHERE), fault
            case e.WithField(record, name, value):
                (whole, new), fault = self._all((record, value), setting)
                return (Fields({**whole.items, name: new}) if isinstance(whole, Fields) else NOWHERE), fault
            case e.SomeOf(operand):
                payload, fault = self.meaning(operand, setting)
                return Maybe(TRUE, payload), fault
            case e.Get(operand):
                option, fault = self.meaning(operand, setting)
                if not isinstance(option, Maybe):
                    return _NOTHING_MEANT
                return option.payload, formulas.or_(fault, formulas.not_(option.present))

            # Tuples and sequences
            case e.MakeTuple(items):
                values, fault = self._all(items, setting)
                return symbols.row(values), fault
            case e.Project(whole_expr, index):
                row, fault = self.meaning(whole_expr, setting)
                return (_slot(row, index - 1) if isinstance(row, Row) else NOWHERE), fault
            case e.UpdateProject(whole_expr, index, value):
                (row, new), fault = self._all((whole_expr, value), setting)
                if not isinstance(row, Row):
                    return _NOTHING_MEANT
                return Row(row.length, (*row.slots[: index - 1], new, *row.slots[index:])), fault
            case e.Nth(sequence, index_expr):
                (row, at), fault = self._all((sequence, index_expr), setting)
                result, beyond = self._item(row, at)
                return result, formulas.or_(fault, beyond)
            case e.UpdateNth(sequence, index_expr, value):
                (row, at, new), fault = self._all((sequence, index_expr, value), setting)
                if not isinstance(row, Row):
                    return _NOTHING_MEANT
                _, beyond = self._item(row, at)
                slots = tuple(
                    symbols.merged(symbols.equal(at, symbols.number(i)), new, old) for i, old in enumerate(row.slots, 1)
                )
                return Row(row.length, slots), formulas.or_(fault, beyond)
            case e.Len(sequence):
                row, fault = self.meaning(sequence, setting)
                return (row.length if isinstance(row, Row) else NOWHERE), fault
            case e.Head(sequence):
                row, fault = self.meaning(sequence, setting)
                result, beyond = self._item(row, symbols.number(1))
                return result, formulas.or_(fault, beyond)
            case e.Tail(sequence):
                row, fault = self.meaning(sequence, setting)
                if not isinstance(row, Row) or row.length.high < 1:
                    return _NOTHING_MEANT
                empty = symbols.equal(row.length, symbols.number(0))
                length = symbols.subtracted(row.length, symbols.number(1))
                shorter = symbols.within(length.term, max(0, length.low), length.high)
                return Row(shorter, row.slots[1:]), formulas.or_(fault, empty)
            case e.Append(sequence, element):
                (row, new), fault = self._all((sequence, element), setting)
                return (self._concatenated(row, symbols.row([new])) if isinstance(row, Row) else NOWHERE), fault
            case e.SubSeq(sequence, low, high):
                (row, first_at, last_at), fault = self._all((sequence, low, high), setting)
                result, beyond = self._cut(row, first_at, last_at)
                return result, formulas.or_(fault, beyond)
            case e.Concat(left, right):
                (a, b), fault = self._all((left, right), setting)
                both = isinstance(a, Row) and isinstance(b, Row)
                return (self._concatenated(a, b) if both else NOWHERE), fault  # type: ignore[arg-type]  # both are rows

            # Checks
            case e.Check(operand, of):
                checked, fault = self.meaning(operand, setting)
                typed = symbols.typed(checked, of)
                if typed == FALSE:
                    return _NOTHING_MEANT
                return symbols.narrowed(checked, of), formulas.or_(fault, formulas.not_(typed))
            case _:
                assert_never(expr)

    def _all(self, exprs: Iterable[Expr], setting: Setting) -> tuple[list[Symbolic], int]:
        """Return what each of these means, all of which are evaluated, and the condition that one of them faults."""
        found = [self.meaning(expr, setting) for expr in exprs]
        return [value for value, _ in found], self.formulas.any_([fault for _, fault in found])

    def _named(self, bound: Symbolic | Definition, user: Setting) -> Meaning:
        if not isinstance(bound, Definition):
            return bound, FALSE
        # Under `Prime` it means its value in the next state.
        found = bound.meanings.get(user.in_next)
        if found is None:
            inside = bound.setting
            setting = Setting(user.states, user.in_next, inside.bound, inside.calls)
            found = bound.meanings[user.in_next] = self.meaning(bound.expr, setting)
        return found

    def _called(self, name: str, args: tuple[Expr, ...], setting: Setting) -> Meaning:
        operator = self.system.operators[name]
        calls = dict(setting.calls)
        calls[name] = calls.get(name, 0) + 1
        if calls[name] > MAX_RECURSION:
            return _NOTHING_MEANT
        arguments = {p: Definition(arg, setting) for p, arg in zip(operator.params, args, strict=True)}
        inside = Setting(setting.states, setting.in_next, arguments, tuple(sorted(calls.items())))
        return self.meaning(operator.body, inside)

    # -------------------------------------------------------------------------------------- booleans

    def _conjunction(self, args: Iterable[Expr], setting: Setting) -> Meaning:
        formulas = self.formulas
        so_far, fault = TRUE, FALSE
        for arg in args:
            truth, fault_here = self.truth(arg, setting)
            fault = formulas.or_(fault, formulas.and_(so_far, fault_here))
            so_far = formulas.and_(so_far, truth)
            if so_far == FALSE:
                break
        return Truth(so_far), fault

    def _disjunction(self, args: Iterable[Expr], setting: Setting) -> Meaning:
        formulas = self.formulas
        so_far, fault = FALSE, FALSE
        for arg in args:
            truth, fault_here = self.truth(arg, setting)
            fault = formulas.or_(fault, formulas.and_(formulas.not_(so_far), fault_here))
            so_far = formulas.or_(so_far, truth)
            if so_far == TRUE:
                break
        return Truth(so_far), fault

    def _either(self, condition: Expr, yes: Expr, no: Expr, setting: Setting) -> Meaning:
        formulas = self.formulas
        truth, fault = self.truth(condition, setting)
        if truth in (TRUE, FALSE):
            value, fault_after = self.meaning(yes if truth == TRUE else no, setting)
            return value, formulas.or_(fault, fault_after)
        first, fault_yes = self.meaning(yes, setting)
        second, fault_no = self.meaning(no, setting)
        return self.symbols.merged(truth, first, second), formulas.or_(fault, formulas.ite(truth, fault_yes, fault_no))

    def _arms(self, arms: tuple[tuple[Expr, Expr], ...], other: Expr | None, setting: Setting) -> Meaning:
        formulas = self.formulas
        reached, fault = TRUE, FALSE
        taken: list[Meaning] = []
        conditions: list[int] = []
        for condition, value in arms:
            truth, fault_here = self.truth(condition, setting)
            fault = formulas.or_(fault, formulas.and_(reached, fault_here))
            here = formulas.and_(reached, truth)
            if here != FALSE:
                conditions.append(here)
                taken.append(self.meaning(value, setting))
            reached = formulas.and_(reached, formulas.not_(truth))
            if reached == FALSE:
                break
        result, fault_at_last = _NOTHING_MEANT if other is None or reached == FALSE else self.meaning(other, setting)
        fault = formulas.or_(fault, formulas.and_(reached, fault_at_last))
        for here, (value_here, fault_here) in reversed(list(zip(conditions, taken, strict=True))):
            result = self.symbols.merged(here, value_here, result)
            fault = formulas.or_(fault, formulas.and_(here, fault_here))
        return result, fault

    # ------------------------------------------------------------------------------------ bound names

    def _choices(self, binders: tuple[Binder, ...], setting: Setting) -> tuple[list[tuple[int, dict[str, Any]]], int]:
        """Return the ways to choose values for the binders, each with its condition, and the condition that a domain faults."""
        domains, fault = self._all([binder.domain for binder in binders], setting)
        options = [self._options(domain) for domain in domains]
        count = 1
        for option in options:
            count *= len(option)
        if count > MAX_VISITS:
            raise OutgrownError("its obligations are too large")
        names = [binder.name for binder in binders]
        chosen = []
        for picked in product(*options):
            here = self.formulas.all_([condition for condition, _ in picked])
            if here != FALSE:
                chosen.append((here, dict(zip(names, [value for _, value in picked], strict=True))))
        return chosen, fault

    def _options(self, domain: Symbolic) -> list[tuple[int, Symbolic]]:
        """Return what a bound name may stand for. An element that is listed twice is tried twice, which changes nothing."""
        if isinstance(domain, Listed):
            return [(condition, item) for condition, item in domain.items if condition != FALSE]
        lifted = self.symbols.lifted
        return [(here, lifted(value)) for value, here in self.symbols.elements(domain).items() if here != FALSE]

    def _instances(
        self, binders: tuple[Binder, ...], body: Expr, setting: Setting
    ) -> tuple[list[tuple[int, Symbolic]], int]:
        """Return the body's value for each choice, with the condition that it is one; and that a domain or a choice's body faults."""
        formulas = self.formulas
        choices, fault = self._choices(binders, setting)
        found, faults = [], [fault]
        for here, names in choices:
            value, fault_here = self.meaning(body, setting.binding(names))
            found.append((here, value))
            faults.append(formulas.and_(here, fault_here))
        return found, formulas.any_(faults)

    def _satisfying(self, binder: Binder, condition: Expr, setting: Setting) -> tuple[int, list[tuple[Any, int, int]]]:
        """Return the condition that a fault occurs, and each possible element with "it is in the domain" and "it satisfies the condition"."""
        formulas = self.formulas
        domain, fault = self.meaning(binder.domain, setting)
        members = self.symbols.elements(domain)
        faults, found = [fault], []
        for value in ordered(members):
            truth, fault_here = self.truth(condition, setting.binding({binder.name: self.symbols.lifted(value)}))
            faults.append(formulas.and_(members[value], fault_here))
            found.append((value, members[value], truth))
        return formulas.any_(faults), found

    def _chosen(self, binder: Binder, body: Expr, setting: Setting, *, unique: bool) -> Meaning:
        formulas = self.formulas
        fault, found = self._satisfying(binder, body, setting)
        none_so_far, several = TRUE, FALSE
        firsts = []
        for value, inside, truth in found:
            here = formulas.and_(inside, truth)
            firsts.append((formulas.and_(none_so_far, here), value))
            several = formulas.or_(several, formulas.and_(here, formulas.not_(none_so_far)))
            none_so_far = formulas.and_(none_so_far, formulas.not_(here))
        result: Symbolic = NOWHERE
        for first, value in reversed(firsts):
            if first != FALSE:
                result = self.symbols.merged(first, self.symbols.lifted(value), result)
        return result, formulas.or_(fault, none_so_far, several if unique else FALSE)

    # -------------------------------------------------------------------------------------- integers

    def _compared(self, op: Comparison, left: Symbolic, right: Symbolic) -> int:
        if not isinstance(left, Number) or not isinstance(right, Number):
            return FALSE
        match op:
            case Comparison.LT:
                return self.symbols.less(left, right, or_equal=False)
            case Comparison.LE:
                return self.symbols.less(left, right, or_equal=True)
            case _:
                assert_never(op)

    def _arithmetic(self, op: Arithmetic, left: Symbolic, right: Symbolic) -> Meaning:
        symbols = self.symbols
        if not isinstance(left, Number) or not isinstance(right, Number):
            return NOWHERE, FALSE
        zero = symbols.number(0)
        match op:
            case Arithmetic.ADD:
                return symbols.added(left, right), FALSE
            case Arithmetic.SUB:
                return symbols.subtracted(left, right), FALSE
            case Arithmetic.MUL:
                return symbols.multiplied(left, right), FALSE
            case Arithmetic.DIV:
                by_zero = symbols.equal(right, zero)
                return (NOWHERE if by_zero == TRUE else symbols.divided(left, right)), by_zero
            case Arithmetic.MOD:
                undefined = symbols.less(right, zero, or_equal=True)
                return (NOWHERE if undefined == TRUE else symbols.modulo(left, right)), undefined
            case Arithmetic.POW:
                return self._power(left, right)
            case _:
                assert_never(op)

    def _power(self, left: Number, right: Number) -> Meaning:
        """Return a power, looked up by base and exponent."""
        symbols, formulas = self.symbols, self.formulas
        undefined = [symbols.less(right, symbols.number(0), or_equal=False)]
        result: Symbolic = NOWHERE
        for base, base_here in symbols.cases(left).items():
            for exponent, exponent_here in symbols.cases(right).items():
                assert isinstance(base, int)
                assert isinstance(exponent, int)
                here = formulas.and_(base_here, exponent_here)
                if exponent < 0 or here == FALSE:
                    continue
                if abs(base) > 1 and exponent * abs(base).bit_length() > 2 * MAX_BITS:
                    undefined.append(here)
                    continue
                power = base**exponent if abs(base) > 1 else (1 if exponent == 0 else base ** (2 - exponent % 2))
                if power.bit_length() > MAX_BITS:
                    undefined.append(here)
                else:
                    result = symbols.merged(here, symbols.number(power), result)
        return result, formulas.any_(undefined)

    # -------------------------------------------------------------------------------- sets, functions

    def _union(self, sets: Symbolic) -> Symbolic:
        """Return the union of the elements of a set of sets."""
        symbols, formulas = self.symbols, self.formulas
        found: dict[Any, list[int]] = {}
        if isinstance(sets, SubsetsOf):
            return sets.base
        for here, inner in self._options(sets):
            for value, inside in symbols.elements(inner).items():
                found.setdefault(value, []).append(formulas.and_(here, inside))
        return Members({value: formulas.any_(conditions) for value, conditions in found.items()})

    def _function(self, binders: tuple[Binder, ...], body: Expr, setting: Setting) -> Meaning:
        """Return `[x \\in S, y \\in T |-> body]`: its arguments are told apart, so that each has a value of its own."""
        formulas, symbols = self.formulas, self.symbols
        domains, fault = self._all([binder.domain for binder in binders], setting)
        members = [symbols.elements(domain) for domain in domains]
        entries: dict[Any, tuple[int, Symbolic]] = {}
        faults = [fault]
        for chosen in product(*members):
            here = formulas.all_([inside[value] for inside, value in zip(members, chosen, strict=True)])
            if here == FALSE:
                continue
            names = {b.name: symbols.lifted(value) for b, value in zip(binders, chosen, strict=True)}
            result, fault_here = self.meaning(body, setting.binding(names))
            faults.append(formulas.and_(here, fault_here))
            entries[chosen[0] if len(binders) == 1 else chosen] = (here, result)
        return Graph(entries), formulas.any_(faults)

    def _applied(self, graph: Symbolic, at: Symbolic) -> Meaning:
        """Return a function's value, and the condition that it has none there."""
        if not isinstance(graph, Graph) or isinstance(at, Nowhere):
            return _NOTHING_MEANT
        symbols, formulas = self.symbols, self.formulas
        result: Symbolic = NOWHERE
        inside = []
        for key, (defined, value) in graph.entries.items():
            here = symbols.equal(at, symbols.lifted(key))
            if here != FALSE:
                result = symbols.merged(here, value, result)
                inside.append(formulas.and_(here, defined))
        return result, formulas.not_(formulas.any_(inside))

    def _overridden(self, winner: Symbolic, loser: Symbolic) -> Symbolic:
        """Return `winner @@ loser`."""
        if not isinstance(winner, Graph) or not isinstance(loser, Graph):
            return NOWHERE
        entries = {}
        for key in (*winner.entries, *(k for k in loser.entries if k not in winner.entries)):
            d1, v1 = winner.entries.get(key, (FALSE, NOWHERE))
            d2, v2 = loser.entries.get(key, (FALSE, NOWHERE))
            entries[key] = (self.formulas.or_(d1, d2), self.symbols.merged(d1, v1, v2))
        return Graph(entries)

    # -------------------------------------------------------------------------------------- sequences

    def _item(self, row: Symbolic, at: Symbolic) -> Meaning:
        """Return an item, counted from 1, and the condition that there is none."""
        if not isinstance(row, Row) or not isinstance(at, Number):
            return _NOTHING_MEANT
        symbols, formulas = self.symbols, self.formulas
        result: Symbolic = NOWHERE
        for number, slot in enumerate(row.slots, 1):
            result = symbols.merged(symbols.equal(at, symbols.number(number)), slot, result)
        inside = formulas.and_(
            symbols.less(symbols.number(1), at, or_equal=True), symbols.less(at, row.length, or_equal=True)
        )
        return result, formulas.not_(inside)

    def _concatenated(self, left: Row, right: Row) -> Row:
        symbols = self.symbols
        length = symbols.added(left.length, right.length)
        slots: list[Symbolic] = []
        for position in range(len(left.slots) + len(right.slots)):
            result: Symbolic = NOWHERE
            # The right side starts where the left one ends, wherever that is.
            for start in range(max(0, left.length.low), min(left.length.high, len(left.slots)) + 1):
                if 0 <= position - start < len(right.slots):
                    here = symbols.equal(left.length, symbols.number(start))
                    result = symbols.merged(here, right.slots[position - start], result)
            if position < len(left.slots):
                inside = symbols.less(symbols.number(position), left.length, or_equal=False)
                result = symbols.merged(inside, left.slots[position], result)
            slots.append(result)
        return Row(length, tuple(slots))

    def _cut(self, row: Symbolic, low: Symbolic, high: Symbolic) -> Meaning:
        """Return `SubSeq(row, low, high)`, and the condition that it is beyond the sequence."""
        if not isinstance(row, Row) or not isinstance(low, Number) or not isinstance(high, Number):
            return _NOTHING_MEANT
        symbols, formulas = self.symbols, self.formulas
        empty = symbols.less(high, low, or_equal=False)
        inside = formulas.and_(
            symbols.less(symbols.number(1), low, or_equal=True), symbols.less(high, row.length, or_equal=True)
        )
        slots: list[Symbolic] = []
        for offset in range(len(row.slots)):
            result: Symbolic = NOWHERE
            for start in range(1, len(row.slots) - offset + 1):
                here = symbols.equal(low, symbols.number(start))
                result = symbols.merged(here, row.slots[start - 1 + offset], result)
            slots.append(result)
        count = symbols.added(symbols.subtracted(high, low), symbols.number(1))
        most = max(0, min(count.high, len(row.slots)))
        length = symbols.merged(empty, symbols.number(0), count)
        assert isinstance(length, Number)
        return (
            Row(symbols.within(length.term, 0, most), tuple(slots)),
            formulas.and_(formulas.not_(empty), formulas.not_(inside)),
        )


def _state(setting: Setting) -> SymbolicState:
    if not setting.in_next:
        return setting.states.now
    if setting.states.following is None:
        raise InternalError("a primed expression where there is no next state")
    return setting.states.following


def _slot(row: Row, position: int) -> Symbolic:
    return row.slots[position] if position < len(row.slots) else NOWHERE


def _term(value: Symbolic) -> int:
    """Return the formula of a Boolean; where there is none, evaluating faults."""
    return value.term if isinstance(value, Truth) else FALSE
