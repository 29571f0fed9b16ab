"""Where an expression is defined, as an expression that always is: what is a fault in a specification is a condition in languages that know no faults.

`defined(e)` is true exactly where the reference semantics gives `e` a value, and has one everywhere, evaluated from left to right up to what decides. A name that stands
for an expression evaluated later (`LET`, an operator's parameter) gets a second one beside it, which says where that is defined; an operator that may
fault gets a second operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pluscheck.core import exprs as e
from pluscheck.core.system import Operator, TransitionSystem
from pluscheck.core.types import Type
from pluscheck.core.values import NOTHING
from pluscheck.core.walk import children, subterms
from pluscheck.exports.inference import Inference, widened
from pluscheck.exports.static_types import NO_VALUES, PartialType

TRUE = e.Lit(value=True)
FALSE = e.Lit(value=False)


def is_true(expr: e.Expr) -> bool:
    """Return whether this is the constant."""
    return isinstance(expr, e.Lit) and expr.value is True


def is_false(expr: e.Expr) -> bool:
    """Return whether this is the constant."""
    return isinstance(expr, e.Lit) and expr.value is False


def both(parts: Iterable[e.Expr]) -> e.Expr:
    """Return the conjunction, left to right."""
    flat: list[e.Expr] = []
    for part in parts:
        flat += part.args if isinstance(part, e.And) else [] if is_true(part) else [part]
    if any(map(is_false, flat)):
        return FALSE
    return flat[0] if len(flat) == 1 else e.And(tuple(flat)) if flat else TRUE


def implied(condition: e.Expr, then: e.Expr) -> e.Expr:
    """Return `condition => then`."""
    return TRUE if is_true(then) else then if is_true(condition) else e.Implies(condition, then)


def chosen(condition: e.Expr, yes: e.Expr, no: e.Expr) -> e.Expr:
    """Return `IF condition THEN yes ELSE no`."""
    if is_true(yes):
        return TRUE if is_true(no) else e.Or((condition, no))
    return implied(condition, yes) if is_true(no) else e.Ite(condition, yes, no)


def negated(expr: e.Expr) -> e.Expr:
    """Return the negation."""
    return FALSE if is_true(expr) else TRUE if is_false(expr) else e.Not(expr)


@dataclass(frozen=True, slots=True)
class Names:
    """What is bound around an expression: types; what says where a name is defined that need not be; how many calls of an operator are under way."""

    types: Mapping[str, Type]
    defined: Mapping[str, str]
    depths: Mapping[str, str]

    def values(self, types: Mapping[str, Type]) -> Names:
        """Return these names with others, bound to values."""
        return Names({**self.types, **types}, {k: v for k, v in self.defined.items() if k not in types}, self.depths)


NO_NAMES = Names({}, {}, {})


class Definedness:
    """Says where expressions of a system are defined; `operators` are those that this takes."""

    def __init__(self, system: TransitionSystem, inference: Inference) -> None:
        self._system = system
        self._inference = inference
        self.operators: dict[str, Operator] = {}
        self.choices: dict[e.Choose, Type] = {}
        """Of which type are the elements that each `CHOOSE` looked at chooses from."""
        self._variants: dict[tuple[str, tuple[Type, ...], tuple[bool, ...]], str | None] = {}
        self._circles = _circles(system.operators)

    # ------------------------------------------------------------------------------------- expressions

    def of(self, expr: e.Expr, names: Names = NO_NAMES) -> e.Expr:
        """Return the condition under which the expression is defined."""
        inner = self._inside(expr, names)
        return both((*inner, self._itself(expr, names))) if inner else self._itself(expr, names)

    def _inside(self, expr: e.Expr, names: Names) -> list[e.Expr]:
        """Return the conditions for the parts, where all are evaluated."""
        match expr:
            case (
                e.Lit() | e.Var() | e.Const() | e.Local() | e.Prime() | e.Let() | e.Call() | e.And() | e.Or()
                | e.Implies() | e.Ite() | e.Case() | e.Forall() | e.Exists() | e.Choose() | e.Filter() | e.Map()
                | e.Lambda()
            ):  # fmt: skip
                return []
            case _:
                return [self.of(part, names) for part in children(expr)]

    def _itself(self, expr: e.Expr, names: Names) -> e.Expr:
        """Return the condition for the expression if its parts are defined, or for all of it if it does not evaluate all."""
        match expr:
            case e.Local(name):
                return e.Local(names.defined[name]) if name in names.defined else TRUE
            case e.Prime(operand):
                inner = self.of(operand, names)
                return inner if is_true(inner) else e.Prime(inner)
            case e.Let(name, value, body):
                return self._let(name, value, body, names)
            case e.Call():
                return self._call(expr, names)
            case e.And(args):
                return self._in_turn(args, names, stops=False)
            case e.Or(args):
                return self._in_turn(args, names, stops=True)
            case e.Implies(left, right):
                return both((self.of(left, names), implied(left, self.of(right, names))))
            case e.Ite(condition, yes, no):
                return both((self.of(condition, names), chosen(condition, self.of(yes, names), self.of(no, names))))
            case e.Case(arms, other):
                found = FALSE if other is None else self.of(other, names)
                for condition, value in reversed(arms):
                    found = both((self.of(condition, names), chosen(condition, self.of(value, names), found)))
                return found
            case e.Forall(binders, body) | e.Exists(binders, body) | e.Lambda(binders, body) | e.Map(body, binders):
                return self._each(binders, body, names)
            case e.Filter(binder, body):
                return self._each((binder,), body, names)
            case e.Choose(binder, body, unique):
                everywhere = self._each((binder,), body, names)
                of = self._inference.types.element(self._type(binder.domain, names))
                self.choices[expr] = self._inference.types.join(self.choices.get(expr, NO_VALUES), of)
                there: e.Expr
                if unique:
                    there = e.Eq(e.Cardinality(e.Filter(binder, body)), e.Lit(1))
                else:
                    there = TRUE if is_true(body) and _is_inhabited(binder.domain) else e.Exists((binder,), body)
                return both((everywhere, there))
            case _:
                return self._partial(expr, names)

    def _partial(self, expr: e.Expr, names: Names) -> e.Expr:
        """Return the condition for an operation that need not be defined."""
        types = self._inference.types
        match expr:
            case e.App(function, argument) | e.Update(function, argument, _):
                of = self._type(function, names)
                if not isinstance(types.structure(of), PartialType) and types.includes(
                    types.function(of).domain, self._type(argument, names)
                ):
                    return TRUE
                return e.In(argument, e.Domain(function))
            case e.Arith(e.Arithmetic.DIV, _, divisor):
                of_divisor = types.integers(self._type(divisor, names))
                return TRUE if of_divisor.low > 0 or of_divisor.high < 0 else e.Not(e.Eq(divisor, e.Lit(0)))
            case e.Arith(e.Arithmetic.MOD, _, divisor):
                positive = types.integers(self._type(divisor, names)).low > 0
                return TRUE if positive else e.Compare(e.Comparison.LT, e.Lit(0), divisor)
            case e.Arith(e.Arithmetic.POW, _, exponent):
                natural = types.integers(self._type(exponent, names)).low >= 0
                return TRUE if natural else e.Compare(e.Comparison.LE, e.Lit(0), exponent)
            case e.Get(operand):
                return e.Not(e.Eq(operand, e.Lit(NOTHING)))
            case e.Nth(sequence, index) | e.UpdateNth(sequence, index, _):
                return e.In(index, e.Interval(e.Lit(1), e.Len(sequence)))
            case e.Head(sequence) | e.Tail(sequence):
                return e.Not(e.Eq(sequence, e.Lit(())))
            case e.SubSeq(sequence, low, high):
                inside = (
                    e.Compare(e.Comparison.LE, e.Lit(1), low),
                    e.Compare(e.Comparison.LE, high, e.Len(sequence)),
                )
                return e.Or((e.Compare(e.Comparison.LT, high, low), e.And(inside)))
            case e.Check(operand, of_type):
                fits = types.includes(of_type, self._type(operand, names))
                return TRUE if fits else e.In(operand, e.AllOf(of_type))
            case _:
                return TRUE

    def _type(self, expr: e.Expr, names: Names) -> Type:
        return self._inference.of(expr, names.types)

    def _in_turn(self, args: tuple[e.Expr, ...], names: Names, *, stops: bool) -> e.Expr:
        """Return the condition for what is evaluated up to the first that is `stops`."""
        found: e.Expr = TRUE
        for arg in reversed(args):
            passed = found if is_true(found) else implied(e.Not(arg) if stops else arg, found)
            found = both((self.of(arg, names), passed))
        return found

    def _each(self, binders: tuple[e.Binder, ...], body: e.Expr, names: Names) -> e.Expr:
        domains = [self.of(binder.domain, names) for binder in binders]
        inner = self.of(body, names.values(self._bound(binders, names)))
        # An element of the set is in the set: of a sequence's places this is often all that is asked.
        inside = [e.In(e.Local(b.name), b.domain) for b in binders if not _mentions(b.domain, b.name)]
        inner = both(part for part in (inner.args if isinstance(inner, e.And) else (inner,)) if part not in inside)
        return both((*domains, inner if is_true(inner) else e.Forall(binders, inner)))

    def _bound(self, binders: tuple[e.Binder, ...], names: Names) -> Mapping[str, Type]:
        element = self._inference.types.element
        return {binder.name: element(self._type(binder.domain, names)) for binder in binders}

    def _let(self, name: str, value: e.Expr, body: e.Expr, names: Names) -> e.Expr:
        there = self.of(value, names)
        inside = names.values({name: self._type(value, names)})
        if is_true(there):
            found = self.of(body, inside)
            return found if is_true(found) else e.Let(name, value, found)
        mark = f"{name} defined"
        inside = Names(inside.types, {**inside.defined, name: mark}, inside.depths)
        found = self.of(body, inside)
        # The value is evaluated only where it is defined: `found` asks that first.
        return found if is_true(found) else e.Let(mark, there, e.Let(name, value, found))

    # --------------------------------------------------------------------------------------- operators

    def _call(self, expr: e.Call, names: Names) -> e.Expr:
        args = tuple([self.of(arg, names) for arg in expr.args])
        types = tuple([self._type(arg, names) for arg in expr.args])
        circle = self._circles.get(expr.operator, ())
        variant = self._variant(expr.operator, types, tuple(map(is_true, args)))
        if variant is None:
            return TRUE
        marks = [arg for arg in args if not is_true(arg)]
        depths: list[e.Expr] = []
        under_way = TRUE if expr.operator not in names.depths else e.Local(names.depths[expr.operator])
        allowed: e.Expr = TRUE
        for operator in circle:
            depth: e.Expr = e.Local(names.depths[operator]) if operator in names.depths else e.Lit(0)
            more = e.Arith(e.Arithmetic.ADD, depth, e.Lit(1)) if isinstance(depth, e.Local) else e.Lit(1)
            depths.append(more if operator == expr.operator else depth)
        if not is_true(under_way):
            allowed = e.Compare(e.Comparison.LT, under_way, e.Lit(e.MAX_RECURSION))
        return both((allowed, e.Call(variant, (*expr.args, *marks, *depths))))

    def _variant(self, operator: str, types: tuple[Type, ...], sure: tuple[bool, ...]) -> str | None:
        """Return the operator that says where a call is defined, by its arguments and where these are; None if it always is."""
        circle = self._circles.get(operator, ())
        if circle:
            types = tuple(map(widened, types))
        key = (operator, types, sure)
        if key in self._variants:
            return self._variants[key]
        defined = self._system.operators[operator]
        name = f"{operator} defined {len(self._variants) + 1}"
        self._variants[key] = name
        marks = {p: f"{p} defined" for p, is_sure in zip(defined.params, sure, strict=True) if not is_sure}
        depths = {inner: f"depth of {inner}" for inner in circle}
        inside = Names(dict(zip(defined.params, types, strict=True)), marks, depths)
        body = self.of(defined.body, inside)
        if is_true(body) and not circle:
            self._variants[key] = None
            return None
        self.operators[name] = Operator(name, (*defined.params, *marks.values(), *depths.values()), body)
        return name


def _mentions(expr: e.Expr, name: str) -> bool:
    return any(isinstance(term, e.Local) and term.name == name for term in subterms([expr]))


def _is_inhabited(domain: e.Expr) -> bool:
    return isinstance(domain, e.AllOf) and domain.type != NO_VALUES


def _circles(operators: Mapping[str, Operator]) -> dict[str, tuple[str, ...]]:
    """Return for each recursive operator those that it is recursive with, itself included."""
    calls = {
        name: {term.operator for term in subterms([operator.body]) if isinstance(term, e.Call)}
        for name, operator in operators.items()
    }
    reached: dict[str, set[str]] = {}
    for name in operators:
        found: set[str] = set()
        pending = list(calls[name])
        while pending:
            called = pending.pop()
            if called not in found:
                found.add(called)
                pending += calls[called]
        reached[name] = found
    return {
        name: tuple(sorted(other for other in found if name in reached[other]))
        for name, found in reached.items()
        if name in found
    }
