"""What an expression is, symbolically: its value over the leaves of the state, and under which conditions it faults where.

This is the reference evaluator's definition by cases (`core.evaluator`), with conditions where that has decisions. Faults are kept by
site, in the order of evaluation: a site's condition says that evaluation gets there, that nothing faulted before, and that it faults.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any, assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core.exprs import Arithmetic, Binder, Comparison, Expr, FaultKind, Site
from pluscheck.core.system import Operator
from pluscheck.core.types import (
    FunctionType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    Type,
)
from pluscheck.core.values import Value
from pluscheck.core.walk import children, subterms
from pluscheck.ground import sequences
from pluscheck.ground.dag import FALSE, TRUE, DagLimitError
from pluscheck.ground.symbolic import (
    MAX_ELEMENTS,
    UNDEFINED,
    Algebra,
    AtomV,
    BoolV,
    ChoiceSet,
    CombinedSet,
    CrossSet,
    FunctionSet,
    FunctionV,
    IntervalSet,
    IntV,
    ListedSet,
    NotConstant,
    OptionV,
    PowerSet,
    RecordSet,
    RecordV,
    SequenceV,
    SetTooLargeError,
    Symbolic,
    TableSet,
    TupleV,
    boolean,
    universe,
)

MAX_CONSTANT_BITS = 4096
"""As in `core.evaluator`: an integer that needs more bits is OUT_OF_RANGE."""

MAX_BITS = 256
"""An integer that depends on the state may need at most so many bits: each multiplies what the solver has to do."""

MAX_EFFORT = 4_000_000
"""How many terms may be visited: half a minute or so."""

_STACK_DEPTH = 60_000
"""Enough Python frames for a recursion of MAX_RECURSION calls whose bodies nest a few hundred levels deep."""

Faults = Mapping[Site, int]
"""For each site that may fault, the condition."""

NO_FAULTS: Faults = {}

Result = tuple[Symbolic, Faults]


def too_large(span: Span, message: str) -> SpecError:
    """Return the error for a system that needs more than there is room for."""
    return SpecError(
        [
            Diagnostic(
                Code.SYSTEM_TOO_LARGE,
                message,
                Label(span, "here"),
                help="make the scopes, ranges or sets in it smaller",
            )
        ]
    )


class Thunk:
    """A `LET` definition or an operator's argument: evaluated where it is used, once for each of the two states it may be read in."""

    __slots__ = ("expr", "names", "results")

    def __init__(self, expr: Expr, names: Names) -> None:
        self.expr = expr
        self.names = names
        self.results: dict[bool, Result] = {}


class Names:
    """What the bound names mean where an expression stands, how many calls of recursive operators are around it, and whether it is primed."""

    __slots__ = ("bound", "calls", "primed")

    def __init__(self, bound: Mapping[str, Thunk | Symbolic], calls: Mapping[str, int], primed: bool) -> None:
        self.bound = bound
        self.calls = calls
        self.primed = primed

    def binding(self, more: Mapping[str, Thunk | Symbolic]) -> Names:
        """Return these names and more, which hide outer ones."""
        return Names({**self.bound, **more}, self.calls, self.primed)


NO_NAMES = Names({}, {}, False)


@contextmanager
def deep_recursion(span: Span) -> Iterator[None]:
    """Allow for deeper recursion than Python does; where even that is exceeded, SpecError is raised."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _STACK_DEPTH))
    try:
        yield
    except RecursionError:
        raise too_large(span, "this is nested too deeply") from None
    finally:
        sys.setrecursionlimit(before)


class Evaluator:
    """Evaluates expressions over the variables' symbolic values.

    Args:
        algebra: the operations on symbolic values.
        constants: the model's constants.
        operators: the system's operators.
        current: each variable in the current state; may be added to between evaluations.
        following: each variable in the next state.
    """

    def __init__(
        self,
        algebra: Algebra,
        constants: Mapping[str, Value],
        operators: Mapping[str, Operator],
        current: Mapping[str, Symbolic],
        following: Mapping[str, Symbolic],
        roots: Iterable[Expr],
    ) -> None:
        self.algebra = algebra
        self.dag = algebra.dag
        self._constants = constants
        self._operators = operators
        self._current = current
        self._following = following
        self._effort = 0
        self._sites: dict[tuple[FaultKind, int], tuple[Expr | None, Site]] = {}
        self._memo: dict[tuple[object, ...], tuple[object, Result]] = {}
        self._called: dict[tuple[object, ...], tuple[object, Result]] = {}
        bodies = [operator.body for operator in operators.values()]
        self._recursive = _recursive_operators(operators)
        self._priming = _priming_operators(operators)
        self._free = _free_names_of_shared(list(roots) + bodies)

    def evaluate(self, expr: Expr, names: Names = NO_NAMES) -> Result:
        """Return the expression's value and faults. Raises SpecError where there are too many elements, nodes or steps."""
        kind = type(expr)
        shared = self._free.get(id(expr))
        try:
            if shared is None:
                return _RULES[kind](self, expr, names)
            bindings = [names.bound[name] for name in shared]
            key = (id(expr), names.primed, id(names.calls), *map(id, bindings))
            known = self._memo.get(key)
            if known is None:
                result = _RULES[kind](self, expr, names)
                self._memo[key] = ((bindings, names.calls), result)
                return result
            return known[1]
        except SetTooLargeError as error:
            raise SpecError(
                [
                    Diagnostic(
                        Code.TYPE_TOO_LARGE,
                        f"{error} has more than {MAX_ELEMENTS:,} elements to go through",
                        Label(expr.span, "in evaluating this"),
                        help="test membership with \\in instead, or make the types smaller",
                    )
                ]
            ) from None
        except DagLimitError:
            raise too_large(expr.span, "the transition system grows too large") from None

    def truth(self, expr: Expr, names: Names) -> tuple[int, Faults]:
        """Return the node of a Boolean expression, and its faults."""
        value, faults = self.evaluate(expr, names)
        return _truth_of(value), faults

    def integer(self, expr: Expr, names: Names) -> tuple[int, Faults]:
        """Return the node of an integer expression, and its faults."""
        value, faults = self.evaluate(expr, names)
        return self.algebra.int_node(value), faults

    # ---------------------------------------------------------------------------------- faults

    def site(self, kind: FaultKind, expr: Expr) -> Site:
        """Return the site of this kind at an expression."""
        key = (kind, id(expr))
        known = self._sites.get(key)
        if known is None:
            known = self._sites[key] = (expr, Site(kind, expr.span))
        return known[1]

    def fault(self, kind: FaultKind, expr: Expr, condition: int, before: Faults) -> Faults:
        """Return the faults before, then this one under a condition."""
        return before if condition == FALSE else self.then(before, {self.site(kind, expr): condition})

    def then(self, before: Faults, after: Faults) -> Faults:
        """Return the faults of one evaluation after another: the later ones count where no other site faulted before."""
        if not after:
            return before
        if not before:
            return after
        dag = self.dag
        result = dict(before)
        for site, condition in after.items():
            others = [c for other, c in before.items() if other != site]
            reached = dag.and_(condition, dag.not_(dag.any_(others))) if others else condition
            if reached != FALSE:
                result[site] = dag.or_(result.get(site, FALSE), reached)
        return result

    def under(self, condition: int, faults: Faults) -> Faults:
        """Return faults of what is evaluated only under a condition."""
        if not faults or condition == TRUE:
            return faults
        if condition == FALSE:
            return NO_FAULTS
        guarded = {site: self.dag.and_(condition, c) for site, c in faults.items()}
        return {site: c for site, c in guarded.items() if c != FALSE}

    def either(self, first: Faults, second: Faults) -> Faults:
        """Return the faults of two evaluations of which one happens, or of the same kind at several elements."""
        if not first:
            return second
        if not second:
            return first
        result = dict(first)
        for site, condition in second.items():
            result[site] = self.dag.or_(result.get(site, FALSE), condition)
        return result

    def every(self, all_faults: Sequence[Faults]) -> Faults:
        """Return the faults of evaluations that all happen, one after the other."""
        faulty = [faults for faults in all_faults if faults]
        if not faulty:
            return NO_FAULTS
        if len(faulty) == 1:
            return faulty[0]
        sites = {site for faults in faulty for site in faults}
        if len(sites) == 1:
            return {site: self.dag.any_([faults[site] for faults in faulty]) for site in sites}
        result = faulty[0]
        for faults in faulty[1:]:
            result = self.then(result, faults)
        return result

    def _parts(self, parts: Iterable[Expr], names: Names) -> tuple[list[Symbolic], Faults]:
        """Return the values of parts that are all evaluated in order, and their faults."""
        values = []
        faults = NO_FAULTS
        for part in parts:
            value, more = self.evaluate(part, names)
            values.append(value)
            if more:
                faults = self.then(faults, more)
        return values, faults

    # ------------------------------------------------------------------------------------ names

    def _lit(self, expr: e.Lit, _: Names) -> Result:
        return self.algebra.lift(expr.value), NO_FAULTS

    def _var(self, expr: e.Var, names: Names) -> Result:
        return (self._following if names.primed else self._current)[expr.name], NO_FAULTS

    def _const(self, expr: e.Const, _: Names) -> Result:
        return self.algebra.lift(self._constants[expr.name]), NO_FAULTS

    def _local(self, expr: e.Local, names: Names) -> Result:
        bound = names.bound[expr.name]
        return self._force(bound, names.primed) if isinstance(bound, Thunk) else (bound, NO_FAULTS)

    def _force(self, thunk: Thunk, primed: bool) -> Result:
        result = thunk.results.get(primed)
        if result is None:
            own = thunk.names
            inside = own if own.primed == primed else Names(own.bound, own.calls, primed)
            result = thunk.results[primed] = self.evaluate(thunk.expr, inside)
        return result

    def _prime(self, expr: e.Prime, names: Names) -> Result:
        return self.evaluate(expr.operand, Names(names.bound, names.calls, primed=True))

    def _let(self, expr: e.Let, names: Names) -> Result:
        return self.evaluate(expr.body, names.binding({expr.name: Thunk(expr.value, names)}))

    def _call(self, expr: e.Call, names: Names) -> Result:
        self._effort += 1
        name = expr.operator
        operator = self._operators[name]
        calls = names.calls
        if name in self._recursive:
            depth = calls.get(name, 0) + 1
            if depth > e.MAX_RECURSION:
                return UNDEFINED, {self.site(FaultKind.RECURSION_TOO_DEEP, expr): TRUE}
            calls = {**calls, name: depth}
        bound: dict[str, Thunk | Symbolic] = {}
        key: list[object] = [name, names.primed, *sorted(calls.items())]
        for param, arg in zip(operator.params, expr.args, strict=True):
            given: Thunk | Symbolic | None = names.bound[arg.name] if isinstance(arg, e.Local) else None
            if given is None:
                given = Thunk(arg, names)
            bound[param] = given
            value, faults = self._force(given, names.primed) if isinstance(given, Thunk) else (given, NO_FAULTS)
            if faults:
                # Its faults count where it is used, so what the operator yields depends on more than values.
                key.append(given)
            else:
                key.append(_identity(value))
        inside = Names(bound, calls, names.primed)
        if name in self._priming:
            return self.evaluate(operator.body, inside)
        known = self._called.get(tuple(key))
        if known is None:
            known = self._called[tuple(key)] = (bound, self.evaluate(operator.body, inside))
        return known[1]

    # --------------------------------------------------------------------------------- booleans

    def _not(self, expr: e.Not, names: Names) -> Result:
        node, faults = self.truth(expr.operand, names)
        return boolean(self.dag.not_(node)), faults

    def _and(self, expr: e.And, names: Names) -> Result:
        return self._junction(expr.args, names, stop=FALSE)

    def _or(self, expr: e.Or, names: Names) -> Result:
        return self._junction(expr.args, names, stop=TRUE)

    def _junction(self, args: Sequence[Expr], names: Names, *, stop: int) -> Result:
        """Return a conjunction (which stops at FALSE) or disjunction (at TRUE)."""
        dag = self.dag
        combined = dag.all_ if stop == FALSE else dag.any_
        nodes: list[int] = []
        faults = NO_FAULTS
        for arg in args:
            node, more = self.truth(arg, names)
            if more:
                so_far = combined(nodes)
                reached = so_far if stop == FALSE else dag.not_(so_far)
                faults = self.then(faults, self.under(reached, more))
            nodes.append(node)
            if node == stop:
                break
        return boolean(combined(nodes)), faults

    def _implies(self, expr: e.Implies, names: Names) -> Result:
        left, faults = self.truth(expr.left, names)
        if left == FALSE:
            return boolean(TRUE), faults
        right, more = self.truth(expr.right, names)
        return boolean(self.dag.implies(left, right)), self.then(faults, self.under(left, more))

    def _ite(self, expr: e.Ite, names: Names) -> Result:
        condition, faults = self.truth(expr.condition, names)
        if condition <= TRUE:
            value, more = self.evaluate(expr.yes if condition == TRUE else expr.no, names)
            return value, self.then(faults, more)
        yes, yes_faults = self.evaluate(expr.yes, names)
        no, no_faults = self.evaluate(expr.no, names)
        return self.algebra.merge(condition, yes, no), self.then(faults, self._one_of(condition, yes_faults, no_faults))

    def _one_of(self, condition: int, yes: Faults, no: Faults) -> Faults:
        if not yes and not no:
            return NO_FAULTS
        return self.either(self.under(condition, yes), self.under(self.dag.not_(condition), no))

    def _case(self, expr: e.Case, names: Names) -> Result:
        taken: list[tuple[int, Faults, Result]] = []
        value: Symbolic = UNDEFINED
        faults: Faults = NO_FAULTS
        for guard, arm in expr.arms:
            condition, more = self.truth(guard, names)
            if condition == FALSE and not more:
                continue
            taken.append((condition, more, self.evaluate(arm, names) if condition != FALSE else (UNDEFINED, NO_FAULTS)))
            if condition == TRUE:
                break
        else:
            if expr.other is None:
                faults = {self.site(FaultKind.CASE_FELL_THROUGH, expr): TRUE}
            else:
                value, faults = self.evaluate(expr.other, names)
        for condition, before, (arm_value, arm_faults) in reversed(taken):
            value = self.algebra.merge(condition, arm_value, value)
            faults = self.then(before, self._one_of(condition, arm_faults, faults))
        return value, faults

    def _eq(self, expr: e.Eq, names: Names) -> Result:
        (left, right), faults = self._parts((expr.left, expr.right), names)
        return boolean(self.algebra.equal(left, right)), faults

    def _in(self, expr: e.In, names: Names) -> Result:
        (element, of), faults = self._parts((expr.element, expr.set), names)
        return boolean(self.algebra.contains(of, element)), faults

    def _subset(self, expr: e.Subset, names: Names) -> Result:
        (left, right), faults = self._parts((expr.left, expr.right), names)
        return boolean(self.algebra.included(left, right)), faults

    # ------------------------------------------------------------------------------ quantifiers

    def _at_each(
        self, binders: Sequence[Binder], body: Expr, names: Names
    ) -> tuple[list[tuple[int, Mapping[str, Symbolic], Symbolic]], Faults]:
        """Evaluate the body for every choice for the binders: the conditions that it is one, what they are bound to, the body's value.

        Domains are evaluated outside the new names.
        """
        domains, faults = self._parts([binder.domain for binder in binders], names)
        found, more = self._at_choices(self._choices(binders, [self._elements(of) for of in domains]), body, names)
        if len({site for inner in more for site in inner}) > 1 and not all(_is_in_order(of) for of in domains):
            # Which site faults first depends on which element does: they are gone through in the fixed order.
            tables = [self._elements(TableSet(self.algebra.members(of))) for of in domains]
            found, more = self._at_choices(self._choices(binders, tables), body, names)
        return found, self.then(faults, self.every(more))

    def _at_choices(
        self, choices: Sequence[tuple[int, Mapping[str, Symbolic]]], body: Expr, names: Names
    ) -> tuple[list[tuple[int, Mapping[str, Symbolic], Symbolic]], list[Faults]]:
        found = []
        more = []
        for condition, bound in choices:
            value, inner = self.evaluate(body, names.binding(bound))
            found.append((condition, bound, value))
            more.append(self.under(condition, inner))
        return found, more

    def _choices(
        self, binders: Sequence[Binder], elements: Sequence[Sequence[tuple[int, Symbolic]]]
    ) -> list[tuple[int, Mapping[str, Symbolic]]]:
        """Return every choice of elements for the binders with the condition that it is one."""
        if len(binders) == 1:
            name = binders[0].name
            return [(condition, {name: value}) for condition, value in elements[0]]
        count = 1
        for domain in elements:
            count *= len(domain)
            if count > MAX_ELEMENTS:
                raise SetTooLargeError("what these names range over together")
        choices: list[tuple[int, Mapping[str, Symbolic]]] = []
        for chosen in product(*elements):
            condition = self.dag.all_([c for c, _ in chosen])
            if condition != FALSE:
                choices.append(
                    (condition, {binder.name: value for binder, (_, value) in zip(binders, chosen, strict=True)})
                )
        return choices

    def _elements(self, of: Symbolic) -> list[tuple[int, Symbolic]]:
        found = [(condition, value) for condition, value in self.algebra.entries(of) if condition != FALSE]
        self._effort += len(found)
        if self._effort > MAX_EFFORT:
            raise DagLimitError
        return found

    def _forall(self, expr: e.Forall, names: Names) -> Result:
        return self._quantified(expr.binders, expr.body, names, universal=True)

    def _exists(self, expr: e.Exists, names: Names) -> Result:
        return self._quantified(expr.binders, expr.body, names, universal=False)

    def _quantified(self, binders: Sequence[Binder], body: Expr, names: Names, *, universal: bool) -> Result:
        dag = self.dag
        found, faults = self._at_each(binders, body, names)
        nodes = []
        for condition, _, value in found:
            node = _truth_of(value)
            nodes.append(dag.implies(condition, node) if universal else dag.and_(condition, node))
        return boolean(dag.all_(nodes) if universal else dag.any_(nodes)), faults

    def _filter(self, expr: e.Filter, names: Names) -> Result:
        found, faults = self._at_each((expr.binder,), expr.condition, names)
        name = expr.binder.name
        kept = [(self.dag.and_(inside, _truth_of(value)), bound[name]) for inside, bound, value in found]
        return self.algebra.listed(kept), faults

    def _choose(self, expr: e.Choose, names: Names) -> Result:
        dag, algebra = self.dag, self.algebra
        domain, faults = self.evaluate(expr.binder.domain, names)
        cases = []
        more = []
        for element, inside in algebra.members(domain).items():
            if inside == FALSE:
                continue
            value = algebra.lift(element)
            node, inner = self.truth(expr.body, names.binding({expr.binder.name: value}))
            cases.append((dag.and_(inside, node), value))
            more.append(self.under(inside, inner))
        faults = self.then(faults, self.every(more))
        some = dag.any_([condition for condition, _ in cases])
        faults = self.fault(FaultKind.CHOOSE_FROM_NOTHING, expr, dag.not_(some), faults)
        if expr.unique:
            earlier = several = FALSE
            for condition, _ in cases:
                several = dag.or_(several, dag.and_(earlier, condition))
                earlier = dag.or_(earlier, condition)
            faults = self.fault(FaultKind.CHOOSE_AMBIGUOUS, expr, several, faults)
        return algebra.select([case for case in cases if case[0] != FALSE]), faults

    def _map(self, expr: e.Map, names: Names) -> Result:
        found, faults = self._at_each(expr.binders, expr.value, names)
        return self.algebra.listed([(condition, value) for condition, _, value in found]), faults

    # --------------------------------------------------------------------------------- integers

    def _arith(self, expr: e.Arith, names: Names) -> Result:
        dag = self.dag
        left, faults = self.integer(expr.left, names)
        right, more = self.integer(expr.right, names)
        faults = self.then(faults, more)
        zero, one = dag.integer(0), dag.integer(1)
        match expr.op:
            case Arithmetic.ADD:
                node = dag.add(left, right)
            case Arithmetic.SUB:
                node = dag.sub(left, right)
            case Arithmetic.MUL:
                node = dag.mul(left, right)
            case Arithmetic.DIV:
                bad = dag.eq(right, zero)
                faults = self.fault(FaultKind.DIVISION_BY_ZERO, expr, bad, faults)
                return IntV(dag.div(left, dag.choose(bad, one, right))), faults
            case Arithmetic.MOD:
                bad = dag.le(right, zero)
                faults = self.fault(FaultKind.DIVISION_BY_ZERO, expr, bad, faults)
                return IntV(dag.mod(left, dag.choose(bad, one, right))), faults
            case Arithmetic.POW:
                return self._power(expr, left, right, faults)
            case _:
                assert_never(expr.op)
        return self._bounded(expr, node, faults)

    def _bounded(self, expr: Expr, node: int, faults: Faults) -> Result:
        dag = self.dag
        bits = max(dag.low[node].bit_length(), dag.high[node].bit_length())
        if bits <= MAX_BITS:
            return IntV(node), faults
        if not dag.is_const(node):
            raise too_large(expr.span, f"this integer may need more than {MAX_BITS} bits")
        if bits <= MAX_CONSTANT_BITS:
            return IntV(node), faults
        return UNDEFINED, self.fault(FaultKind.OUT_OF_RANGE, expr, TRUE, faults)

    def _power(self, expr: e.Arith, base: int, exponent: int, faults: Faults) -> Result:
        dag = self.dag
        negative = dag.lt(exponent, dag.integer(0))
        faults = self.fault(FaultKind.OUT_OF_RANGE, expr, negative, faults)
        exponents = [number for number in dag.possible(exponent)[: MAX_ELEMENTS + 1] if number >= 0]
        if not exponents:
            return UNDEFINED, faults
        largest = max(abs(dag.low[base]), abs(dag.high[base]))
        if dag.is_const(base) and largest <= 1:
            parity = dag.mod(dag.choose(negative, dag.integer(0), exponent), dag.integer(2))
            if dag.low[base] == -1:
                return IntV(dag.choose(dag.eq(parity, dag.integer(0)), dag.integer(1), dag.integer(-1))), faults
            if dag.low[base] == 1:
                return IntV(base), faults
            return IntV(dag.choose(dag.eq(exponent, dag.integer(0)), dag.integer(1), dag.integer(0))), faults
        if dag.is_const(base) and dag.is_const(exponent):
            if exponents[0] > MAX_CONSTANT_BITS:
                return UNDEFINED, self.fault(FaultKind.OUT_OF_RANGE, expr, TRUE, faults)
            return self._bounded(expr, dag.integer(int(dag.low[base] ** exponents[0])), faults)
        if exponents[-1] > MAX_BITS:
            raise too_large(expr.span, f"this integer may need more than {MAX_BITS} bits")
        powers = {0: dag.integer(1)}
        for number in range(1, exponents[-1] + 1):
            powers[number] = dag.mul(powers[number - 1], base)
            self._bounded(expr, powers[number], faults)
        cases: list[tuple[int, Symbolic]] = [
            (dag.eq(exponent, dag.integer(number)), IntV(powers[number])) for number in exponents
        ]
        return self.algebra.select([case for case in cases if case[0] != FALSE]), faults

    def _compare(self, expr: e.Compare, names: Names) -> Result:
        left, faults = self.integer(expr.left, names)
        right, more = self.integer(expr.right, names)
        match expr.op:
            case Comparison.LT:
                node = self.dag.lt(left, right)
            case Comparison.LE:
                node = self.dag.le(left, right)
            case _:
                assert_never(expr.op)
        return boolean(node), self.then(faults, more)

    def _neg(self, expr: e.Neg, names: Names) -> Result:
        node, faults = self.integer(expr.operand, names)
        return IntV(self.dag.neg(node)), faults

    # ------------------------------------------------------------------------------------- sets

    def _set_lit(self, expr: e.SetLit, names: Names) -> Result:
        items, faults = self._parts(expr.items, names)
        return self.algebra.listed([(TRUE, item) for item in items]), faults

    def _interval(self, expr: e.Interval, names: Names) -> Result:
        low, faults = self.integer(expr.low, names)
        high, more = self.integer(expr.high, names)
        return IntervalSet(low, high), self.then(faults, more)

    def _all_of(self, expr: e.AllOf, _: Names) -> Result:
        return self.algebra.all_of(expr.type), NO_FAULTS

    def _set_binary(self, expr: e.SetBinary, names: Names) -> Result:
        (left, right), faults = self._parts((expr.left, expr.right), names)
        return self.algebra.combine(expr.op, left, right), faults

    def _big_union(self, expr: e.BigUnion, names: Names) -> Result:
        operand, faults = self.evaluate(expr.operand, names)
        return self.algebra.big_union(operand), faults

    def _powerset(self, expr: e.Powerset, names: Names) -> Result:
        operand, faults = self.evaluate(expr.operand, names)
        return PowerSet(operand), faults

    def _cross(self, expr: e.Cross, names: Names) -> Result:
        items, faults = self._parts(expr.items, names)
        return CrossSet(tuple(items)), faults

    def _function_space(self, expr: e.FunctionSpace, names: Names) -> Result:
        (domain, target), faults = self._parts((expr.domain, expr.range), names)
        return FunctionSet(self.algebra.members(domain), target), faults

    def _record_space(self, expr: e.RecordSpace, names: Names) -> Result:
        items, faults = self._parts([item for _, item in expr.fields], names)
        return RecordSet(tuple([name for name, _ in expr.fields]), tuple(items)), faults

    def _cardinality(self, expr: e.Cardinality, names: Names) -> Result:
        operand, faults = self.evaluate(expr.operand, names)
        return IntV(self.algebra.cardinality(operand)), faults

    # ----------------------------------------------------------------------- functions, records

    def _lambda(self, expr: e.Lambda, names: Names) -> Result:
        algebra = self.algebra
        domains, faults = self._parts([binder.domain for binder in expr.binders], names)
        tables = [algebra.members(domain) for domain in domains]
        single = len(tables) == 1
        count = 1
        for table in tables:
            count *= len(table)
        self._effort += count
        if count > MAX_ELEMENTS or self._effort > MAX_EFFORT:
            raise SetTooLargeError("this function's domain")
        entries: dict[Value, tuple[int, Symbolic]] = {}
        more = []
        for chosen in product(*tables):
            inside = self.dag.all_([table[item] for table, item in zip(tables, chosen, strict=True)])
            if inside != FALSE:
                bound: dict[str, Thunk | Symbolic] = {
                    binder.name: algebra.lift(item) for binder, item in zip(expr.binders, chosen, strict=True)
                }
                value, inner = self.evaluate(expr.value, names.binding(bound))
                entries[chosen[0] if single else chosen] = (inside, value)
                more.append(self.under(inside, inner))
        return FunctionV(entries), self.then(faults, self.every(more))

    def _app(self, expr: e.App, names: Names) -> Result:
        (function, argument), faults = self._parts((expr.function, expr.argument), names)
        algebra, dag = self.algebra, self.dag
        entries = algebra.entries_of(function)
        constant = algebra.constant(argument)
        if not isinstance(constant, NotConstant):
            entry = entries.get(constant)
            if entry is None:
                return UNDEFINED, self.fault(FaultKind.OUTSIDE_DOMAIN, expr, TRUE, faults)
            return entry[1], self.fault(FaultKind.OUTSIDE_DOMAIN, expr, dag.not_(entry[0]), faults)
        cases = []
        for key, (defined, value) in entries.items():
            here = dag.and_(defined, algebra.equal(argument, algebra.lift(key)))
            if here != FALSE:
                cases.append((here, value))
        inside = algebra.among_keys(argument, {key: defined for key, (defined, _) in entries.items()})
        return algebra.select(cases), self.fault(FaultKind.OUTSIDE_DOMAIN, expr, dag.not_(inside), faults)

    def _domain(self, expr: e.Domain, names: Names) -> Result:
        function, faults = self.evaluate(expr.function, names)
        entries = self.algebra.entries_of(function)
        return TableSet({key: defined for key, (defined, _) in entries.items()}), faults

    def _update(self, expr: e.Update, names: Names) -> Result:
        (function, argument, value), faults = self._parts((expr.function, expr.argument, expr.value), names)
        algebra, dag = self.algebra, self.dag
        entries = algebra.entries_of(function)
        constant = algebra.constant(argument)
        if not isinstance(constant, NotConstant):
            entry = entries.get(constant)
            if entry is None:
                return UNDEFINED, self.fault(FaultKind.OUTSIDE_DOMAIN, expr, TRUE, faults)
            updated = {**entries, constant: (entry[0], value)}
            return FunctionV(updated), self.fault(FaultKind.OUTSIDE_DOMAIN, expr, dag.not_(entry[0]), faults)
        changed: dict[Value, tuple[int, Symbolic]] = {}
        for key, (defined, old) in entries.items():
            here = algebra.equal(argument, algebra.lift(key))
            changed[key] = (defined, algebra.merge(here, value, old))
        inside = algebra.among_keys(argument, {key: defined for key, (defined, _) in entries.items()})
        return FunctionV(changed), self.fault(FaultKind.OUTSIDE_DOMAIN, expr, dag.not_(inside), faults)

    def _override(self, expr: e.Override, names: Names) -> Result:
        (left, right), faults = self._parts((expr.left, expr.right), names)
        winner, other = self.algebra.entries_of(left), self.algebra.entries_of(right)
        entries: dict[Value, tuple[int, Symbolic]] = {}
        for key in universe(winner, other):
            here, value = winner.get(key, (FALSE, UNDEFINED))
            there, old = other.get(key, (FALSE, UNDEFINED))
            entries[key] = (self.dag.or_(here, there), self.algebra.merge(here, value, old))
        return FunctionV(entries), faults

    def _single(self, expr: e.Single, names: Names) -> Result:
        (argument, value), faults = self._parts((expr.argument, expr.value), names)
        members = self.algebra.members(self.algebra.listed([(TRUE, argument)]))
        return FunctionV({key: (condition, value) for key, condition in members.items()}), faults

    def _make_record(self, expr: e.MakeRecord, names: Names) -> Result:
        items, faults = self._parts([item for _, item in expr.fields], names)
        return RecordV(tuple([name for name, _ in expr.fields]), tuple(items)), faults

    def _field(self, expr: e.Field, names: Names) -> Result:
        record, faults = self.evaluate(expr.record, names)
        if not isinstance(record, RecordV):
            return UNDEFINED, faults
        return record.items[record.names.index(expr.name)], faults

    def _with_field(self, expr: e.WithField, names: Names) -> Result:
        (record, value), faults = self._parts((expr.record, expr.value), names)
        if not isinstance(record, RecordV):
            return UNDEFINED, faults
        items = [value if name == expr.name else old for name, old in zip(record.names, record.items, strict=True)]
        return RecordV(record.names, tuple(items)), faults

    def _some_of(self, expr: e.SomeOf, names: Names) -> Result:
        operand, faults = self.evaluate(expr.operand, names)
        return OptionV(TRUE, operand), faults

    def _get(self, expr: e.Get, names: Names) -> Result:
        option, faults = self.evaluate(expr.operand, names)
        if not isinstance(option, OptionV):
            return UNDEFINED, faults
        absent = self.dag.not_(option.present)
        return option.value, self.fault(FaultKind.GET_OF_NONE, expr, absent, faults)

    # --------------------------------------------------------------------- tuples and sequences

    def _make_tuple(self, expr: e.MakeTuple, names: Names) -> Result:
        items, faults = self._parts(expr.items, names)
        return TupleV(tuple(items)), faults

    def _project(self, expr: e.Project, names: Names) -> Result:
        value, faults = self.evaluate(expr.tuple, names)
        return (value.items[expr.index - 1] if isinstance(value, TupleV) else UNDEFINED), faults

    def _update_project(self, expr: e.UpdateProject, names: Names) -> Result:
        (old, value), faults = self._parts((expr.tuple, expr.value), names)
        if not isinstance(old, TupleV):
            return UNDEFINED, faults
        return TupleV((*old.items[: expr.index - 1], value, *old.items[expr.index :])), faults

    def _sequence(self, expr: Expr, names: Names) -> tuple[SequenceV, Faults]:
        value, faults = self.evaluate(expr, names)
        return self.algebra.sequence(value), faults

    def _nth(self, expr: e.Nth, names: Names) -> Result:
        sequence, faults = self._sequence(expr.sequence, names)
        index, more = self.integer(expr.index, names)
        bad = self.dag.not_(sequences.within(self.algebra, sequence, index))
        faults = self.fault(FaultKind.BEYOND_SEQUENCE, expr, bad, self.then(faults, more))
        return sequences.nth(self.algebra, sequence, index), faults

    def _update_nth(self, expr: e.UpdateNth, names: Names) -> Result:
        sequence, faults = self._sequence(expr.sequence, names)
        index, more = self.integer(expr.index, names)
        value, last = self.evaluate(expr.value, names)
        bad = self.dag.not_(sequences.within(self.algebra, sequence, index))
        faults = self.fault(FaultKind.BEYOND_SEQUENCE, expr, bad, self.then(self.then(faults, more), last))
        return sequences.with_nth(self.algebra, sequence, index, value), faults

    def _len(self, expr: e.Len, names: Names) -> Result:
        sequence, faults = self._sequence(expr.sequence, names)
        return IntV(sequence.length), faults

    def _head(self, expr: e.Head, names: Names) -> Result:
        sequence, faults = self._sequence(expr.sequence, names)
        empty = self.dag.eq(sequence.length, self.dag.integer(0))
        faults = self.fault(FaultKind.BEYOND_SEQUENCE, expr, empty, faults)
        return (sequence.slots[0] if sequence.slots else UNDEFINED), faults

    def _tail(self, expr: e.Tail, names: Names) -> Result:
        sequence, faults = self._sequence(expr.sequence, names)
        empty = self.dag.eq(sequence.length, self.dag.integer(0))
        faults = self.fault(FaultKind.BEYOND_SEQUENCE, expr, empty, faults)
        return sequences.tail(self.algebra, sequence), faults

    def _append(self, expr: e.Append, names: Names) -> Result:
        sequence, faults = self._sequence(expr.sequence, names)
        element, more = self.evaluate(expr.element, names)
        return sequences.append(self.algebra, sequence, element), self.then(faults, more)

    def _sub_seq(self, expr: e.SubSeq, names: Names) -> Result:
        sequence, faults = self._sequence(expr.sequence, names)
        low, more = self.integer(expr.low, names)
        high, last = self.integer(expr.high, names)
        value, bad = sequences.subsequence(self.algebra, sequence, low, high)
        faults = self.then(self.then(faults, more), last)
        return value, self.fault(FaultKind.BEYOND_SEQUENCE, expr, bad, faults)

    def _concat(self, expr: e.Concat, names: Names) -> Result:
        left, faults = self._sequence(expr.left, names)
        right, more = self._sequence(expr.right, names)
        return sequences.concat(self.algebra, left, right), self.then(faults, more)

    # ----------------------------------------------------------------------------------- checks

    def _check(self, expr: e.Check, names: Names) -> Result:
        value, faults = self.evaluate(expr.operand, names)
        good = self.algebra.is_of_type(value, expr.type)
        if good == TRUE:
            return value, faults
        bad = self.dag.not_(good)
        if _has_sequences(expr.type):
            fits = self.algebra.is_of_type(value, expr.type, bounded=False)
            overflow = self.dag.and_(bad, fits)
            bad = self.dag.not_(fits)
            faults = self.fault(FaultKind.SEQUENCE_OVERFLOW, expr, overflow, faults)
        return value, self.fault(FaultKind.OUT_OF_RANGE, expr, bad, faults)


_RULES: dict[type, Callable[[Evaluator, Any, Names], Result]] = {
    e.Lit: Evaluator._lit,
    e.Var: Evaluator._var,
    e.Const: Evaluator._const,
    e.Local: Evaluator._local,
    e.Prime: Evaluator._prime,
    e.Let: Evaluator._let,
    e.Call: Evaluator._call,
    e.Not: Evaluator._not,
    e.And: Evaluator._and,
    e.Or: Evaluator._or,
    e.Implies: Evaluator._implies,
    e.Ite: Evaluator._ite,
    e.Case: Evaluator._case,
    e.Eq: Evaluator._eq,
    e.In: Evaluator._in,
    e.Subset: Evaluator._subset,
    e.Forall: Evaluator._forall,
    e.Exists: Evaluator._exists,
    e.Choose: Evaluator._choose,
    e.Arith: Evaluator._arith,
    e.Compare: Evaluator._compare,
    e.Neg: Evaluator._neg,
    e.SetLit: Evaluator._set_lit,
    e.Interval: Evaluator._interval,
    e.AllOf: Evaluator._all_of,
    e.SetBinary: Evaluator._set_binary,
    e.BigUnion: Evaluator._big_union,
    e.Powerset: Evaluator._powerset,
    e.Filter: Evaluator._filter,
    e.Map: Evaluator._map,
    e.Cross: Evaluator._cross,
    e.FunctionSpace: Evaluator._function_space,
    e.RecordSpace: Evaluator._record_space,
    e.Cardinality: Evaluator._cardinality,
    e.Lambda: Evaluator._lambda,
    e.App: Evaluator._app,
    e.Domain: Evaluator._domain,
    e.Update: Evaluator._update,
    e.Override: Evaluator._override,
    e.Single: Evaluator._single,
    e.MakeRecord: Evaluator._make_record,
    e.Field: Evaluator._field,
    e.WithField: Evaluator._with_field,
    e.SomeOf: Evaluator._some_of,
    e.Get: Evaluator._get,
    e.MakeTuple: Evaluator._make_tuple,
    e.Project: Evaluator._project,
    e.Nth: Evaluator._nth,
    e.UpdateNth: Evaluator._update_nth,
    e.UpdateProject: Evaluator._update_project,
    e.Len: Evaluator._len,
    e.Head: Evaluator._head,
    e.Tail: Evaluator._tail,
    e.Append: Evaluator._append,
    e.SubSeq: Evaluator._sub_seq,
    e.Concat: Evaluator._concat,
    e.Check: Evaluator._check,
}


def _truth_of(value: Symbolic) -> int:
    """Return the node of a Boolean; what is undefined counts as false."""
    return value.node if isinstance(value, BoolV) else FALSE


def _is_in_order(of: Symbolic) -> bool:
    """Return whether a set's entries are constants, each there once, in the fixed order."""
    return not isinstance(of, ListedSet | ChoiceSet | CombinedSet)


def _identity(value: Symbolic) -> object:
    """Return a key that two values share only if they are the same: scalars by their node, others by identity."""
    match value:
        case IntV(node):
            return (IntV, node)
        case BoolV(node):
            return (BoolV, node)
        case AtomV(node, table):
            return (table, node)
        case _:
            return value


def _has_sequences(of: Type) -> bool:
    match of:
        case SeqType():
            return True
        case RecordType(fields):
            return any(_has_sequences(item) for _, item in fields)
        case TupleType(items):
            return any(_has_sequences(item) for item in items)
        case FunctionType(_, target):
            return _has_sequences(target)
        case SetType(element) | OptionType(element):
            return _has_sequences(element)
        case _:
            return False


def _recursive_operators(operators: Mapping[str, Operator]) -> frozenset[str]:
    """Return the operators that call themselves, directly or through others."""
    calls = {name: _called_in(operator.body) for name, operator in operators.items()}
    return frozenset(name for name in operators if name in _reached(calls[name], calls))


def _priming_operators(operators: Mapping[str, Operator]) -> frozenset[str]:
    """Return the operators in whose evaluation something is primed."""
    calls = {name: _called_in(operator.body) for name, operator in operators.items()}
    direct = {
        name for name, operator in operators.items() if any(isinstance(t, e.Prime) for t in subterms([operator.body]))
    }
    return frozenset(name for name in operators if name in direct or direct & _reached(calls[name], calls))


def _called_in(body: Expr) -> frozenset[str]:
    return frozenset(term.operator for term in subterms([body]) if isinstance(term, e.Call))


def _reached(start: Iterable[str], calls: Mapping[str, frozenset[str]]) -> set[str]:
    seen: set[str] = set()
    stack = list(start)
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            stack.extend(calls[name])
    return seen


def _free_names_of_shared(roots: Sequence[Expr]) -> dict[int, tuple[str, ...]]:
    """Return, for each compound term that occurs several times as one object, the names that are free in it."""
    uses: dict[int, int] = {}
    order: list[Expr] = []
    for term in subterms(roots):
        order.append(term)
        for child in children(term):
            uses[id(child)] = uses.get(id(child), 0) + 1
    shared = [t for t in order if uses.get(id(t), 0) > 1 and not isinstance(t, e.Lit | e.Var | e.Const | e.Local)]
    free: dict[int, frozenset[str]] = {}
    return {id(term): tuple(sorted(_free_names(term, free))) for term in shared}


def _free_names(root: Expr, known: dict[int, frozenset[str]]) -> frozenset[str]:
    """Return the free local names of a term, with a memo and without recursion."""
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        term, ready = stack.pop()
        if id(term) in known:
            continue
        if not ready:
            stack.append((term, True))
            stack.extend((child, False) for child in children(term))
            continue
        match term:
            case e.Local(name):
                names = frozenset((name,))
            case e.Let(name, value, body):
                names = known[id(value)] | (known[id(body)] - {name})
            case e.Forall(binders, body) | e.Exists(binders, body) | e.Map(body, binders) | e.Lambda(binders, body):
                names = known[id(body)] - {binder.name for binder in binders}
                names = names.union(*[known[id(binder.domain)] for binder in binders])
            case e.Choose(binder, body) | e.Filter(binder, body):
                names = (known[id(body)] - {binder.name}) | known[id(binder.domain)]
            case _:
                names = frozenset[str]().union(*[known[id(child)] for child in children(term)])
        known[id(term)] = names
    return known[id(root)]
