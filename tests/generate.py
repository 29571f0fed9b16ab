"""Random well-typed core expressions and states, for laws.

All expressions stand in one fixed surrounding: `SYSTEM`, whose variables are of many types. Integers are one type, `INT`, whatever their
range: an expression of type `INT` may have any value. Every node has a span of its own, so that sites of faults can be told apart.

    @given(typed_expressions(BOOL), states())
    def test_encoding_agrees(expr, state): ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import count
from typing import Any, assert_never

from hypothesis import strategies as st

from pluscheck.base.source import Source, Span
from pluscheck.core import exprs as e
from pluscheck.core.exprs import Expr
from pluscheck.core.system import Constant, Operator, State, TransitionSystem, Variable
from pluscheck.core.types import (
    AmongType,
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    Scope,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    enum_atoms,
    values_of,
)
from pluscheck.core.values import NOTHING, Atom, Function, Record, Some, Value

SCOPE: Scope = {"Page": (Atom("Page", 0, "Page1"), Atom("Page", 1, "Page2"))}

BOOL = BoolType()
INT = RangeType(0, 3)
PAGE = SortType("Page")
MODE = EnumType("Mode", ("free", "shared", "excl"))
ACTOR = UnionType("Actor", (PAGE, MODE))
NESTED = RecordType((("at", OptionType(PAGE)), ("seen", SetType(PAGE))))

VARIABLES: Mapping[str, Type] = {
    "b": BOOL,
    "n": INT,
    "m": RangeType(-2, 1),
    "even": AmongType((0, 2)),
    "mode": MODE,
    "page": PAGE,
    "actor": ACTOR,
    "owner": OptionType(PAGE),
    "held": SetType(PAGE),
    "modes": SetType(MODE),
    "numbers": SetType(INT),
    "f": FunctionType(PAGE, INT),
    "g": FunctionType(INT, BOOL),
    "grid": FunctionType(TupleType((PAGE, MODE)), BOOL),
    "holders": FunctionType(MODE, SetType(PAGE)),
    "r": RecordType((("a", INT), ("b", BOOL))),
    "nested": NESTED,
    "t": TupleType((PAGE, INT)),
    "q": SeqType(INT, 2),
    "pages": SeqType(PAGE, 2),
}
"""A variable of each shape of type."""

POOL: tuple[Type, ...] = (
    BOOL,
    INT,
    PAGE,
    MODE,
    ACTOR,
    OptionType(PAGE),
    OptionType(INT),
    SetType(PAGE),
    SetType(MODE),
    SetType(INT),
    FunctionType(PAGE, INT),
    FunctionType(INT, BOOL),
    FunctionType(TupleType((PAGE, MODE)), BOOL),
    FunctionType(MODE, SetType(PAGE)),
    RecordType((("a", INT), ("b", BOOL))),
    NESTED,
    TupleType((PAGE, INT)),
    SeqType(INT, 2),
    SeqType(PAGE, 2),
)
"""The types that expressions have."""

_COMPOSED: tuple[Type, ...] = (
    SetType(PAGE),
    FunctionType(PAGE, INT),
    FunctionType(MODE, SetType(PAGE)),
    RecordType((("a", INT), ("b", BOOL))),
    TupleType((PAGE, INT)),
)

ELEMENTS: tuple[Type, ...] = (PAGE, MODE, INT, BOOL)
"""The types over which names are bound."""


def erased(of: Type) -> Type:
    """Return the type as the type checker compares it: one type of integers, sequences of any length."""
    match of:
        case RangeType():
            return INT
        case AmongType(values):
            return INT if isinstance(values[0], int) and not isinstance(values[0], bool) else of
        case BoolType() | EnumType() | SortType() | UnionType():
            return of
        case RecordType(items):
            return RecordType(tuple((name, erased(item)) for name, item in items))
        case TupleType(parts):
            return TupleType(tuple(erased(item) for item in parts))
        case FunctionType(domain, target):
            return FunctionType(erased(domain), erased(target))
        case SetType(element):
            return SetType(erased(element))
        case SeqType(element, _):
            return SeqType(erased(element), 2)
        case OptionType(element):
            return OptionType(erased(element))
        case _:
            assert_never(of)


def mentions_sort(of: Type) -> bool:
    """Return whether values of the type contain elements of a sort."""
    match of:
        case SortType():
            return True
        case UnionType(_, parts):
            return any(mentions_sort(part) for part in parts)
        case RecordType(items):
            return any(mentions_sort(item) for _, item in items)
        case TupleType(parts):
            return any(mentions_sort(item) for item in parts)
        case FunctionType(domain, target):
            return mentions_sort(domain) or mentions_sort(target)
        case SetType(element) | SeqType(element, _) | OptionType(element):
            return mentions_sort(element)
        case AmongType(listed):
            return any(isinstance(value, Atom) and value.family in SCOPE for value in listed)
        case BoolType() | RangeType() | EnumType():
            return False
        case _:
            assert_never(of)


# ---------------------------------------------------------------------------------------------- values


def values(of: Type) -> st.SearchStrategy[Value]:
    """Values of a type."""
    match of:
        case BoolType():
            return st.booleans()
        case RangeType(low, high):
            return st.integers(low, high)
        case EnumType():
            return st.sampled_from(enum_atoms(of))
        case SortType(name):
            return st.sampled_from(SCOPE[name])
        case UnionType() | AmongType():
            return st.sampled_from(list(values_of(of, SCOPE)))
        case RecordType(items):
            return st.tuples(*(values(item) for _, item in items)).map(
                lambda chosen: Record(tuple(zip([name for name, _ in items], chosen, strict=True)))
            )
        case TupleType(parts):
            return st.tuples(*(values(item) for item in parts))
        case FunctionType(domain, target):
            arguments = list(values_of(domain, SCOPE))
            return st.tuples(*(values(target) for _ in arguments)).map(
                lambda chosen: Function(tuple(zip(arguments, chosen, strict=True)))
            )
        case SetType(element):
            return st.frozensets(values(element))
        case SeqType(element, bound):
            return st.lists(values(element), max_size=bound).map(tuple)
        case OptionType(element):
            return st.one_of(st.just(NOTHING), values(element).map(Some))
        case _:
            assert_never(of)


def states() -> st.SearchStrategy[State]:
    """States of `SYSTEM`, reachable or not."""
    return st.tuples(*(values(of) for of in VARIABLES.values()))


# ----------------------------------------------------------------------------------------- surroundings

_local = e.Local
_ADD, _SUB = e.Arithmetic.ADD, e.Arithmetic.SUB


def _sum_body() -> Expr:
    """`IF s = {} THEN 0 ELSE LET x == CHOOSE x \\in s : \\A y \\in s : x <= y IN x + Sum(s \\ {x})`."""
    least = e.Choose(
        e.Binder("x", _local("s")),
        e.Forall((e.Binder("y", _local("s")),), e.Compare(e.Comparison.LE, _local("x"), _local("y"))),
        unique=False,
    )
    rest = e.SetBinary(e.SetOp.MINUS, _local("s"), e.SetLit((_local("x"),)))
    return e.Ite(
        e.Eq(_local("s"), e.SetLit(())),
        e.Lit(0),
        e.Let("x", least, e.Arith(_ADD, _local("x"), e.Call("Sum", (rest,)))),
    )


_OPERATORS: tuple[tuple[Operator, tuple[Type, ...], Type], ...] = (
    (Operator("Plus", ("x", "y"), e.Arith(_ADD, _local("x"), _local("y"))), (INT, INT), INT),
    (Operator("First", ("x", "y"), _local("x")), (BOOL, BOOL), BOOL),
    (Operator("Twice", ("s",), e.Concat(_local("s"), _local("s"))), (SeqType(INT, 2),), SeqType(INT, 2)),
    (Operator("Holds", ("p",), e.In(_local("p"), e.Var("held"))), (PAGE,), BOOL),
    (Operator("Sum", ("s",), _sum_body()), (SetType(INT),), INT),
)
"""Operators with the types of their parameters and results. `First` ignores its second argument, faults and all; `Sum` is recursive."""

CONSTANTS: Mapping[str, tuple[Type, Value]] = {
    "Limit": (INT, 2),
    "Drain": (FunctionType(MODE, BOOL), Function.of(dict(zip(enum_atoms(MODE), (True, False, True), strict=True)))),
}


# ------------------------------------------------------------------------------------------ expressions

Locals = Mapping[str, Type]
Draw = Callable[[st.SearchStrategy[Any]], Any]


class ExpressionBuilder:
    """Draws expressions of a type. `depth` is how many levels may still be below; `primes` whether `Prime` may stand here."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.names = count()

    def expression(self, of: Type, depth: int, bound: Locals, *, primes: bool) -> Expr:
        def sub(other: Type, **more: Type) -> Expr:
            return self.expression(other, depth - 1, {**bound, **more}, primes=primes)

        leaves = self._leaves(of, bound)
        if depth <= 0:
            return self.draw(st.sampled_from(leaves))()
        makers: list[Callable[[], Expr]] = [
            *leaves,
            lambda: self._wrapped(of, sub),
            lambda: self._wrapped(of, sub),
            *self._of_kind(of, sub),
            *self._selectors(of, sub),
            *self._calls(of, sub),
        ]
        if primes:
            makers.append(lambda: e.Prime(self.expression(of, depth - 1, bound, primes=False)))
        maker: Callable[[], Expr] = self.draw(st.sampled_from(makers))
        return maker()

    def _wrapped(self, of: Type, sub: Callable[..., Expr]) -> Expr:
        """An expression of a kind that there is for every type."""
        maker: Callable[[], Expr] = self._pick(
            (
                lambda: e.Ite(sub(BOOL), sub(of), sub(of)),
                lambda: self._case(of, sub),
                lambda: self._let(of, sub),
                lambda: self._let(of, sub),
                lambda: self._choose(of, sub),
                lambda: e.Get(e.SomeOf(sub(of))),
                lambda: e.Nth(e.MakeTuple((sub(of), sub(of))), sub(INT)),
                lambda: e.Project(e.MakeTuple((sub(BOOL), sub(of))), 2),
                lambda: e.Field(e.MakeRecord((("k", sub(of)), ("l", sub(BOOL)))), "k"),
                lambda: e.App(self._lambda(FunctionType(MODE, of), sub), sub(MODE)),
                lambda: e.App(e.Single(sub(MODE), sub(of)), sub(MODE)),
            )
        )
        return maker()

    def _leaves(self, of: Type, bound: Locals) -> list[Callable[[], Expr]]:
        found: list[Callable[[], Expr]] = []
        found.append(lambda: e.Lit(self.draw(values(of))))
        found.extend((lambda name=name: e.Var(name)) for name, declared in VARIABLES.items() if erased(declared) == of)
        found.extend((lambda name=name: e.Const(name)) for name, (declared, _) in CONSTANTS.items() if declared == of)
        # Twice: a bound name that is not used tests little.
        found.extend((lambda name=name: e.Local(name)) for name, known in bound.items() if known == of)
        found.extend((lambda name=name: e.Local(name)) for name, known in bound.items() if known == of)
        return found

    def _fresh(self) -> str:
        return f"x{next(self.names)}"

    def _pick(self, options: tuple[Any, ...]) -> Any:
        return self.draw(st.sampled_from(options))

    # ------------------------------------------------------------------- for every type

    def _case(self, of: Type, sub: Callable[..., Expr]) -> Expr:
        arms = tuple((sub(BOOL), sub(of)) for _ in range(self._pick((1, 2))))
        return e.Case(arms, sub(of) if self.draw(st.booleans()) else None)

    def _let(self, of: Type, sub: Callable[..., Expr]) -> Expr:
        name, named = self._fresh(), self._pick(POOL)
        return e.Let(name, sub(named), sub(of, **{name: named}))

    def _choose(self, of: Type, sub: Callable[..., Expr]) -> Expr:
        name = self._fresh()
        domain = e.SetLit((sub(of), sub(of)))
        return e.Choose(e.Binder(name, domain), sub(BOOL, **{name: of}), unique=mentions_sort(of))

    def _binders(self, sub: Callable[..., Expr]) -> tuple[tuple[e.Binder, ...], dict[str, Type]]:
        bound = {self._fresh(): self._pick(ELEMENTS) for _ in range(self._pick((1, 1, 2)))}
        return tuple(e.Binder(name, sub(SetType(of))) for name, of in bound.items()), bound

    def _calls(self, of: Type, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        return [
            lambda operator=operator, params=params: e.Call(operator.name, tuple(sub(param) for param in params))
            for operator, params, result in _OPERATORS
            if result == of
        ]

    def _selectors(self, of: Type, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        """Return ways to take a value of the type out of a larger one."""
        found: list[Callable[[], Expr]] = []
        for outer in POOL:
            match outer:
                case FunctionType(domain, target) if target == of:
                    found.append(lambda o=outer, d=domain: e.App(sub(o), sub(d)))
                case RecordType(items):
                    found.extend((lambda o=outer, n=name: e.Field(sub(o), n)) for name, t in items if t == of)
                case TupleType(parts):
                    found.extend((lambda o=outer, i=i: e.Project(sub(o), i)) for i, t in enumerate(parts, 1) if t == of)
                case SeqType(element, _) if element == of:
                    found.append(lambda o=outer: e.Nth(sub(o), sub(INT)))
                    found.append(lambda o=outer: e.Head(sub(o)))
                case OptionType(element) if element == of:
                    found.append(lambda o=outer: e.Get(sub(o)))
                case _:
                    pass
        return found

    # --------------------------------------------------------------------- by type

    def _of_kind(self, of: Type, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        match of:
            case BoolType():
                return self._booleans(sub)
            case RangeType():
                return self._integers(sub)
            case SetType():
                return self._sets(of, sub)
            case FunctionType():
                return self._functions(of, sub)
            case RecordType(items):
                return self._records(of, items, sub)
            case TupleType(parts):
                return self._tuples(of, parts, sub)
            case SeqType():
                return self._sequences(of, sub)
            case OptionType(element):
                return [
                    lambda: e.SomeOf(sub(element)),
                    lambda: e.Lit(NOTHING),
                    lambda: e.Check(sub(of), of),
                ]
            case UnionType(_, union_parts):
                return [(lambda part=part: sub(part)) for part in union_parts]
            case EnumType() | SortType() | AmongType():
                return [lambda: e.Check(sub(of), of)]
            case _:
                assert_never(of)

    def _booleans(self, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        def equation() -> Expr:
            of = self._pick(POOL)
            return e.Eq(sub(of), sub(of))

        def quantified(quantifier: Any) -> Expr:
            binders, bound = self._binders(sub)
            return quantifier(binders, sub(BOOL, **bound))

        return [
            lambda: e.Not(sub(BOOL)),
            lambda: e.And(tuple(sub(BOOL) for _ in range(self._pick((2, 0, 1, 3))))),
            lambda: e.Or(tuple(sub(BOOL) for _ in range(self._pick((2, 0, 1, 3))))),
            lambda: e.Implies(sub(BOOL), sub(BOOL)),
            equation,
            lambda: e.Compare(self._pick(tuple(e.Comparison)), sub(INT), sub(INT)),
            lambda: self._membership(self._pick(POOL), sub),
            lambda: self._membership(self._pick(_COMPOSED), sub),
            lambda: self._membership(self._pick(_COMPOSED), sub),
            lambda: self._inclusion(sub),
            lambda: quantified(e.Forall),
            lambda: quantified(e.Exists),
        ]

    def _membership(self, of: Type, sub: Callable[..., Expr]) -> Expr:
        """`In`, also of sets too large to enumerate in practice."""
        element = sub(of)
        match of:
            case SetType():
                return e.In(element, e.Powerset(sub(of)))
            case FunctionType(domain, target):
                range_set = e.Powerset(sub(target)) if isinstance(target, SetType) else sub(SetType(target))
                return e.In(element, e.FunctionSpace(e.AllOf(domain), range_set))
            case RecordType(items):
                return e.In(element, e.RecordSpace(tuple((name, sub(SetType(item))) for name, item in items)))
            case TupleType(parts):
                return e.In(element, e.Cross(tuple(sub(SetType(item)) for item in parts)))
            case BoolType() | RangeType() | EnumType() | SortType():
                return e.In(element, sub(SetType(of)))
            case _:
                return e.In(element, e.AllOf(of))

    def _inclusion(self, sub: Callable[..., Expr]) -> Expr:
        of = SetType(self._pick(ELEMENTS))
        if self.draw(st.booleans()):
            return e.Subset(sub(of), sub(of))
        return e.Subset(e.Powerset(sub(of)), e.Powerset(sub(of)))

    def _integers(self, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        return [
            lambda: e.Arith(self._pick((_ADD, _SUB)), sub(INT), sub(INT)),
            lambda: e.Arith(self._pick((e.Arithmetic.DIV, e.Arithmetic.MOD)), sub(INT), sub(INT)),
            # Small operands: the products of products need more bits than any encoding is built for.
            lambda: e.Arith(e.Arithmetic.MUL, self._small(), self._small()),
            lambda: e.Arith(e.Arithmetic.POW, self._small(), self._small()),
            lambda: e.Neg(sub(INT)),
            lambda: e.Cardinality(sub(SetType(self._pick(ELEMENTS)))),
            lambda: e.Cardinality(e.Powerset(sub(SetType(PAGE)))),
            lambda: e.Len(sub(SeqType(INT, 2))),
            lambda: e.Check(sub(INT), RangeType(-1, 2)),
            lambda: e.Check(sub(INT), AmongType((0, 2))),
        ]

    def _small(self) -> Expr:
        """A variable or a number."""
        maker = self._pick((lambda: e.Lit(self.draw(values(INT))), *map(_variable, ("n", "m", "even"))))
        return maker()

    def _sets(self, of: SetType, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        element = of.element

        def filtered() -> Expr:
            name = self._fresh()
            return e.Filter(e.Binder(name, sub(of)), sub(BOOL, **{name: element}))

        def mapped() -> Expr:
            binders, bound = self._binders(sub)
            return e.Map(sub(element, **bound), binders)

        found: list[Callable[[], Expr]] = [
            lambda: e.SetLit(tuple(sub(element) for _ in range(self._pick((2, 0, 1, 3))))),
            lambda: e.AllOf(element),
            lambda: e.SetBinary(self._pick(tuple(e.SetOp)), sub(of), sub(of)),
            lambda: e.BigUnion(e.SetLit((sub(of), sub(of)))),
            filtered,
            mapped,
            lambda: e.Check(sub(of), of),
            *((lambda f=f: e.Domain(sub(f))) for f in POOL if isinstance(f, FunctionType) and f.domain == element),
        ]
        match element:
            case RangeType():
                found.append(lambda: e.Interval(self._small(), self._small()))
            case SortType():
                found.append(lambda: e.BigUnion(e.Powerset(sub(of))))
                found.append(lambda: e.BigUnion(e.Map(e.App(e.Var("holders"), e.Local("z")), (_over("z", MODE),))))
            case TupleType(parts):
                found.append(lambda: e.Cross(tuple(sub(SetType(item)) for item in parts)))
            case _:
                pass
        return found

    def _lambda(self, of: FunctionType, sub: Callable[..., Expr]) -> Expr:
        parts = of.domain.items if isinstance(of.domain, TupleType) else (of.domain,)
        bound = {self._fresh(): part for part in parts}
        whole = self._pick((True, True, False))
        binders = tuple(e.Binder(name, e.AllOf(part) if whole else sub(SetType(part))) for name, part in bound.items())
        return e.Lambda(binders, sub(of.range, **bound))

    def _functions(self, of: FunctionType, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        return [
            lambda: self._lambda(of, sub),
            lambda: e.Update(sub(of), sub(of.domain), sub(of.range)),
            lambda: e.Override(sub(of), sub(of)),
            lambda: e.Single(sub(of.domain), sub(of.range)),
            lambda: e.Check(sub(of), of),
        ]

    def _records(
        self, of: RecordType, items: tuple[tuple[str, Type], ...], sub: Callable[..., Expr]
    ) -> list[Callable[[], Expr]]:
        def with_field() -> Expr:
            name, item = self._pick(items)
            return e.WithField(sub(of), name, sub(item))

        return [
            lambda: e.MakeRecord(tuple((name, sub(item)) for name, item in items)),
            with_field,
            lambda: e.Check(sub(of), of),
        ]

    def _tuples(self, of: TupleType, parts: tuple[Type, ...], sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        def with_part() -> Expr:
            index = self._pick(tuple(range(1, len(parts) + 1)))
            return e.UpdateProject(sub(of), index, sub(parts[index - 1]))

        return [
            lambda: e.MakeTuple(tuple(sub(item) for item in parts)),
            with_part,
            lambda: e.Check(sub(of), of),
        ]

    def _sequences(self, of: SeqType, sub: Callable[..., Expr]) -> list[Callable[[], Expr]]:
        return [
            lambda: e.MakeTuple(tuple(sub(of.element) for _ in range(self._pick((1, 0, 2, 3))))),
            lambda: e.Append(sub(of), sub(of.element)),
            lambda: e.Tail(sub(of)),
            lambda: e.Concat(sub(of), sub(of)),
            lambda: e.SubSeq(sub(of), sub(INT), sub(INT)),
            lambda: e.UpdateNth(sub(of), sub(INT), sub(of.element)),
            lambda: e.Check(sub(of), of),
            lambda: e.Check(sub(of), SeqType(of.element, 1)),
        ]


def _variable(name: str) -> Callable[[], Expr]:
    return lambda: e.Var(name)


def _over(name: str, of: Type) -> e.Binder:
    return e.Binder(name, e.AllOf(of))


# ------------------------------------------------------------------------------------------------ spans

_SOURCE = Source("generated.plus", "?" * 100_000)


def numbered(node: Any, spans: count[int]) -> Any:
    """Return the expression (or a tuple of parts of one) with a span of its own at each node."""
    if isinstance(node, tuple):
        return tuple(numbered(item, spans) for item in node)
    if isinstance(node, e.Node) and not isinstance(node, e.Lit) and is_dataclass(node):
        start = next(spans)
        parts = {f.name: numbered(getattr(node, f.name), spans) for f in fields(node) if f.name != "span"}
        return replace(node, **parts, span=Span(_SOURCE, start, start + 1))
    return node


def _system() -> TransitionSystem:
    spans = count(90_000)
    operators = [replace(op, body=numbered(op.body, spans)) for op, _, _ in _OPERATORS]
    return TransitionSystem(
        name="Generated",
        model="default",
        scope=SCOPE,
        constants=tuple(Constant(name, of, value, is_switch=False) for name, (of, value) in CONSTANTS.items()),
        variables=tuple(Variable(name, of, None, any_of=False) for name, of in VARIABLES.items()),
        init=(),
        actions=(),
        properties=(),
        terminal=None,
        operators={op.name: op for op in operators},
        processes=(),
    )


SYSTEM = _system()
"""Variables, constants and operators that the expressions mention."""


@st.composite
def typed_expressions(draw: Draw, of: Type, depth: int = 3, *, primes: bool = False) -> Expr:
    """Expressions of a type of `POOL` over `SYSTEM`; with `primes`, also over the next state."""
    return numbered(ExpressionBuilder(draw).expression(of, depth, {}, primes=primes), count())


@st.composite
def expressions(draw: Draw, depth: int = 3, *, primes: bool = False) -> Expr:
    """Expressions of any type."""
    return draw(typed_expressions(draw(st.sampled_from((BOOL, BOOL, BOOL, BOOL, *POOL))), depth, primes=primes))
