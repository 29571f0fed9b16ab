"""The reference evaluator: what every expression means, written from the definitions.

It is slow and obvious, and the oracle that every encoding is tested against. A fault is reported at the first place, in the order of
evaluation of docs/language.md; elements of sets are gone through in the order of `order_key`, so that the place does not depend on chance.

Nothing here recurses through a generator or a C function: Python keeps such frames on the C stack, which deep recursion would exhaust.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import assert_never, cast

from pluscheck.base.codes import Code
from pluscheck.base.errors import InternalError
from pluscheck.base.source import Span
from pluscheck.core.exprs import (
    MAX_RECURSION,
    AllOf,
    And,
    App,
    Append,
    Arith,
    Arithmetic,
    BigUnion,
    Binder,
    Call,
    Cardinality,
    Case,
    Check,
    Choose,
    Compare,
    Comparison,
    Concat,
    Const,
    Cross,
    Domain,
    Eq,
    Exists,
    Expr,
    FaultKind,
    Field,
    Filter,
    Forall,
    FunctionSpace,
    Get,
    Head,
    Implies,
    In,
    Interval,
    Ite,
    Lambda,
    Len,
    Let,
    Lit,
    Local,
    MakeRecord,
    MakeTuple,
    Map,
    Neg,
    Not,
    Nth,
    Or,
    Override,
    Powerset,
    Prime,
    Project,
    RecordSpace,
    SetBinary,
    SetLit,
    SetOp,
    Single,
    Site,
    SomeOf,
    SubSeq,
    Subset,
    Tail,
    Update,
    UpdateNth,
    UpdateProject,
    Var,
    WithField,
)
from pluscheck.core.sets import (
    MAX_ELEMENTS,
    Both,
    Either,
    Functions,
    Integers,
    Product,
    Records,
    SetShape,
    Subsets,
    TooLarge,
    Without,
    contains,
    elements,
    included,
    plain,
    shape_of_type,
    size,
)
from pluscheck.core.system import Operator, State, TransitionSystem
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
    is_member,
)
from pluscheck.core.values import Function, Nothing, Record, Some, Value

MAX_BITS = 4096
"""An integer that needs more bits than this is OUT_OF_RANGE, whatever it is used for."""

MAX_EFFORT = 20_000_000
"""How many terms one evaluation may visit before `TooLarge` is raised: tens of seconds."""

_STACK_DEPTH = 60_000
"""Enough Python frames for a recursion of MAX_RECURSION calls whose bodies nest a few hundred levels deep."""


class Fault(Exception):  # noqa: N818 - the glossary's word
    """Evaluating is not defined; `site` says in which way and where."""

    def __init__(self, site: Site) -> None:
        super().__init__(f"{site.kind} at {site.span.place}")
        self.site = site


@dataclass(frozen=True, slots=True)
class Environment:
    """What names mean apart from a state: sorts, constants, operators, and the position of each variable in a state."""

    scope: Scope
    constants: Mapping[str, Value]
    operators: Mapping[str, Operator]
    positions: Mapping[str, int]


def environment(system: TransitionSystem) -> Environment:
    """Return the environment of a system's expressions."""
    return Environment(
        system.scope,
        {constant.name: constant.value for constant in system.constants},
        system.operators,
        {variable.name: position for position, variable in enumerate(system.variables)},
    )


def evaluate(
    system: TransitionSystem | Environment,
    expr: Expr,
    state: State,
    next_state: State | None = None,
    bindings: Mapping[str, Value] | None = None,
) -> Value:
    """Return the expression's value in a state; `bindings` are for its free `Local`s.

    A constant expression is evaluated in the state `()`. Raises `Fault`, and `TooLarge` (a `SpecError`).
    """
    with deep_recursion(expr.span):
        return value_of(expr, outermost(system, state, next_state, bindings))


def outermost(
    system: TransitionSystem | Environment,
    state: State,
    next_state: State | None = None,
    bindings: Mapping[str, Value] | None = None,
) -> Setting:
    """Return the setting of a whole expression, with nothing bound but `bindings`."""
    env = environment(system) if isinstance(system, TransitionSystem) else system
    return Setting(env, state, next_state, dict(bindings or {}), Effort(), {}, in_next=False)


@contextmanager
def deep_recursion(span: Span) -> Iterator[None]:
    """Allow for deeper recursion than Python does; where even that is exceeded, `TooLarge` is raised."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _STACK_DEPTH))
    try:
        yield
    except RecursionError:
        raise TooLarge(
            Code.SYSTEM_TOO_LARGE,
            "this is nested too deeply to be evaluated",
            span,
            "simplify the recursive operators in it",
        ) from None
    finally:
        sys.setrecursionlimit(before)


# ----------------------------------------------------------------------------------------- settings


class Effort:
    """Counts the terms that one evaluation visits."""

    __slots__ = ("visited",)

    def __init__(self) -> None:
        self.visited = 0

    def visit(self, expr: Expr) -> None:
        """Count a term; raises `TooLarge` beyond MAX_EFFORT."""
        self.visited += 1
        if self.visited > MAX_EFFORT:
            raise TooLarge(
                Code.SYSTEM_TOO_LARGE,
                "evaluating this takes too many steps",
                expr.span,
                "make the types smaller, or the operators simpler",
            )


class Thunk:
    """A `LET` definition or an operator's argument: evaluated where it is used, and once.

    Under `Prime` it means its value in the next state, so each of the two states has a value of its own.
    """

    __slots__ = ("_shapes", "_values", "expr", "setting")

    def __init__(self, expr: Expr, setting: Setting) -> None:
        self.expr = expr
        self.setting = setting
        self._values: dict[bool, Value] = {}
        self._shapes: dict[bool, SetShape] = {}

    def value(self, user: Setting) -> Value:
        """Return the value in the user's state; faults each time if it faults."""
        if user.in_next not in self._values:
            self._values[user.in_next] = value_of(self.expr, self.read_by(user))
        return self._values[user.in_next]

    def shape(self, user: Setting) -> SetShape:
        """Return the value, a set, as a shape."""
        if user.in_next not in self._shapes:
            self._shapes[user.in_next] = shape_of(self.expr, self.read_by(user))
        return self._shapes[user.in_next]

    def read_by(self, user: Setting) -> Setting:
        """Return the setting in which the expression stands for its user: its own names in the user's state."""
        return replace(self.setting, state=user.state, next_state=user.next_state, in_next=user.in_next)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an expression stands: what its names mean, and in which state it is read.

    `calls` counts, for each operator, the calls around the expression. `in_next` is true inside `Prime`.
    """

    environment: Environment
    state: State
    next_state: State | None
    bound: Mapping[str, Value | Thunk]
    effort: Effort
    calls: Mapping[str, int]
    in_next: bool

    def binding(self, names: Mapping[str, Value | Thunk]) -> Setting:
        """Return this setting with more names bound, which hide outer ones."""
        bound = {**self.bound, **names}
        # Not by `replace`, which takes a third of the time of a whole search.
        return Setting(
            self.environment, self.state, self.next_state, bound, self.effort, self.calls, in_next=self.in_next
        )

    def primed(self) -> Setting:
        """Return this setting in the next state."""
        if self.next_state is None:
            raise InternalError("a primed expression where there is no next state")
        return replace(self, state=self.next_state, next_state=None, in_next=True)

    def inside_let(self, expr: Let) -> Setting:
        """Return the setting of a LET's body."""
        return self.binding({expr.name: Thunk(expr.value, self)})

    def inside_call(self, expr: Call) -> tuple[Expr, Setting]:
        """Return the operator's body and its setting; RECURSION_TOO_DEEP."""
        operator = self.environment.operators[expr.operator]
        depth = self.calls.get(expr.operator, 0) + 1
        if depth > MAX_RECURSION:
            raise Fault(Site(FaultKind.RECURSION_TOO_DEEP, expr.span))
        arguments = {param: Thunk(argument, self) for param, argument in zip(operator.params, expr.args, strict=True)}
        return operator.body, replace(self, bound=arguments, calls={**self.calls, expr.operator: depth})

    def choices(self, binders: tuple[Binder, ...], span: Span) -> list[dict[str, Value]]:
        """Return every choice of values for the binders, in the fixed order; all domains are evaluated here, outside the new names."""
        shapes = [shape_of(binder.domain, self) for binder in binders]
        count = 1
        for shape in shapes:
            count *= min(size(shape, span), MAX_ELEMENTS + 1)
        if count == 0:
            return []
        if count > MAX_ELEMENTS:
            raise TooLarge(
                Code.TYPE_TOO_LARGE,
                f"this goes through more than {MAX_ELEMENTS:,} elements",
                span,
                "make the sets smaller",
            )
        names = [binder.name for binder in binders]
        domains = [elements(shape, span) for shape in shapes]
        return [dict(zip(names, chosen, strict=True)) for chosen in product(*domains)]


# --------------------------------------------------------------------------------------- evaluation


def value_of(expr: Expr, setting: Setting) -> Value:
    """Return the expression's value in the setting. `evaluate` is the front door."""
    setting.effort.visit(expr)
    match expr:
        # Names
        case Lit(value):
            return value
        case Var(name):
            return setting.state[setting.environment.positions[name]]
        case Const(name):
            return setting.environment.constants[name]
        case Local(name):
            bound = setting.bound[name]
            return bound.value(setting) if isinstance(bound, Thunk) else bound
        case Prime(operand):
            return value_of(operand, setting.primed())
        case Let(_, _, body):
            return value_of(body, setting.inside_let(expr))
        case Call():
            body, inside = setting.inside_call(expr)
            return value_of(body, inside)

        # Booleans
        case Not(operand):
            return not truth(operand, setting)
        case And(args):
            for arg in args:  # noqa: SIM110 - not through a generator, see above
                if not truth(arg, setting):
                    return False
            return True
        case Or(args):
            for arg in args:  # noqa: SIM110 - not through a generator, see above
                if truth(arg, setting):
                    return True
            return False
        case Implies(left, right):
            return not truth(left, setting) or truth(right, setting)
        case Ite(condition, yes, no):
            return value_of(yes if truth(condition, setting) else no, setting)
        case Case():
            return value_of(taken_arm(expr, setting), setting)
        case Eq(left, right):
            return value_of(left, setting) == value_of(right, setting)
        case In(element, of):
            member = value_of(element, setting)
            return contains(shape_of(of, setting), member)
        case Subset(left, right):
            left_shape = shape_of(left, setting)
            return included(left_shape, shape_of(right, setting), expr.span)
        case Forall(binders, body):
            choices = setting.choices(binders, expr.span)
            truths = [truth(body, setting.binding(names)) for names in choices]
            return all(truths)
        case Exists(binders, body):
            choices = setting.choices(binders, expr.span)
            truths = [truth(body, setting.binding(names)) for names in choices]
            return any(truths)
        case Choose(binder, body, unique):
            candidates = _satisfying(binder, body, setting, expr.span)
            if not candidates:
                raise Fault(Site(FaultKind.CHOOSE_FROM_NOTHING, expr.span))
            if unique and len(candidates) > 1:
                raise Fault(Site(FaultKind.CHOOSE_AMBIGUOUS, expr.span))
            return candidates[0]

        # Integers
        case Arith(op, left, right):
            first = integer(left, setting)
            return _arithmetic(op, first, integer(right, setting), expr.span)
        case Compare(op, left, right):
            first = integer(left, setting)
            return _comparison(op, first, integer(right, setting))
        case Neg(operand):
            return -integer(operand, setting)

        # Sets
        case SetLit(items):
            return frozenset([value_of(item, setting) for item in items])
        case Filter(binder, condition):
            return frozenset(_satisfying(binder, condition, setting, expr.span))
        case Map(value, binders):
            choices = setting.choices(binders, expr.span)
            return frozenset([value_of(value, setting.binding(names)) for names in choices])
        case BigUnion(operand):
            sets = value_of(operand, setting)
            return frozenset().union(*cast("frozenset[frozenset[Value]]", sets))
        case Cardinality(operand):
            shape = shape_of(operand, setting)
            count = size(shape, expr.span)
            if count > MAX_ELEMENTS and not isinstance(shape, Integers):
                elements(shape, expr.span)  # raises TooLarge: beyond MAX_ELEMENTS `size` is not exact
            return _bounded(count, expr.span)
        case Interval() | AllOf() | SetBinary() | Powerset() | Cross() | FunctionSpace() | RecordSpace():
            return plain(shape_of(expr, setting), expr.span)

        # Functions, records, options
        case Lambda(binders, value):
            choices = setting.choices(binders, expr.span)
            single = len(binders) == 1
            arguments = [tuple(names.values()) for names in choices]
            results = [value_of(value, setting.binding(names)) for names in choices]
            return Function.of({(a[0] if single else a): r for a, r in zip(arguments, results, strict=True)})
        case App(function, argument):
            graph = function_of(function, setting).mapping
            at = value_of(argument, setting)
            if at not in graph:
                raise Fault(Site(FaultKind.OUTSIDE_DOMAIN, expr.span))
            return graph[at]
        case Domain(function):
            return function_of(function, setting).domain
        case Update(function, argument, value):
            graph = function_of(function, setting).mapping
            at = value_of(argument, setting)
            new = value_of(value, setting)
            if at not in graph:
                raise Fault(Site(FaultKind.OUTSIDE_DOMAIN, expr.span))
            return Function.of({**graph, at: new})
        case Override(left, right):
            winner = function_of(left, setting).mapping
            return Function.of({**function_of(right, setting).mapping, **winner})
        case Single(argument, value):
            at = value_of(argument, setting)
            return Function.of({at: value_of(value, setting)})
        case MakeRecord(fields):
            return Record(tuple([(name, value_of(value, setting)) for name, value in fields]))
        case Field(record, name):
            return record_of(record, setting)[name]
        case WithField(record, name, value):
            old = record_of(record, setting)
            return old.with_field(name, value_of(value, setting))
        case SomeOf(operand):
            return Some(value_of(operand, setting))
        case Get(operand):
            option = value_of(operand, setting)
            if isinstance(option, Nothing):
                raise Fault(Site(FaultKind.GET_OF_NONE, expr.span))
            return cast("Some", option).value

        # Tuples and sequences
        case MakeTuple(items):
            return tuple([value_of(item, setting) for item in items])
        case Project(tuple_expr, index):
            return sequence_of(tuple_expr, setting)[index - 1]
        case UpdateProject(tuple_expr, index, value):
            parts = sequence_of(tuple_expr, setting)
            return _replaced(parts, index, value_of(value, setting))
        case Nth(sequence, index_expr):
            items_ = sequence_of(sequence, setting)
            index = integer(index_expr, setting)
            if not 1 <= index <= len(items_):
                raise Fault(Site(FaultKind.BEYOND_SEQUENCE, expr.span))
            return items_[index - 1]
        case UpdateNth(sequence, index_expr, value):
            items_ = sequence_of(sequence, setting)
            index = integer(index_expr, setting)
            new = value_of(value, setting)
            if not 1 <= index <= len(items_):
                raise Fault(Site(FaultKind.BEYOND_SEQUENCE, expr.span))
            return _replaced(items_, index, new)
        case Len(sequence):
            return len(sequence_of(sequence, setting))
        case Head(sequence):
            items_ = sequence_of(sequence, setting)
            if not items_:
                raise Fault(Site(FaultKind.BEYOND_SEQUENCE, expr.span))
            return items_[0]
        case Tail(sequence):
            items_ = sequence_of(sequence, setting)
            if not items_:
                raise Fault(Site(FaultKind.BEYOND_SEQUENCE, expr.span))
            return items_[1:]
        case Append(sequence, element):
            items_ = sequence_of(sequence, setting)
            return (*items_, value_of(element, setting))
        case SubSeq(sequence, low_expr, high_expr):
            items_ = sequence_of(sequence, setting)
            low = integer(low_expr, setting)
            high = integer(high_expr, setting)
            if low > high:
                return ()
            if low < 1 or high > len(items_):
                raise Fault(Site(FaultKind.BEYOND_SEQUENCE, expr.span))
            return items_[low - 1 : high]
        case Concat(left, right):
            items_ = sequence_of(left, setting)
            return items_ + sequence_of(right, setting)

        # Checks
        case Check(operand, of_type):
            value = value_of(operand, setting)
            scope = setting.environment.scope
            if is_member(value, of_type, scope):
                return value
            too_long = is_member(value, without_bounds(of_type), scope)
            kind = FaultKind.SEQUENCE_OVERFLOW if too_long else FaultKind.OUT_OF_RANGE
            raise Fault(Site(kind, expr.span))
        case _:
            assert_never(expr)


def shape_of(expr: Expr, setting: Setting) -> SetShape:
    """Return the value of a set-valued expression as a shape: nothing is enumerated that its definition does not ask for."""
    match expr:
        case Interval(low, high):
            first = integer(low, setting)
            return Integers(first, integer(high, setting))
        case AllOf(of_type):
            return shape_of_type(of_type, setting.environment.scope, expr.span)
        case SetBinary(op, left, right):
            first_set = shape_of(left, setting)
            return _combined(op, first_set, shape_of(right, setting))
        case Powerset(operand):
            return Subsets(shape_of(operand, setting))
        case Cross(items):
            return Product(tuple([shape_of(item, setting) for item in items]))
        case FunctionSpace(domain, target):
            arguments = elements(shape_of(domain, setting), expr.span)
            return Functions(tuple(arguments), shape_of(target, setting))
        case RecordSpace(fields):
            return Records(tuple([(name, shape_of(item, setting)) for name, item in fields]))

        # Sets pass through these unchanged.
        case Local(name):
            bound = setting.bound[name]
            return bound.shape(setting) if isinstance(bound, Thunk) else cast("frozenset[Value]", bound)
        case Let(_, _, body):
            return shape_of(body, setting.inside_let(expr))
        case Call():
            setting.effort.visit(expr)
            body, inside = setting.inside_call(expr)
            return shape_of(body, inside)
        case Ite(condition, yes, no):
            return shape_of(yes if truth(condition, setting) else no, setting)
        case Case():
            return shape_of(taken_arm(expr, setting), setting)
        case Prime(operand):
            return shape_of(operand, setting.primed())
        case _:
            return cast("frozenset[Value]", value_of(expr, setting))


def truth(expr: Expr, setting: Setting) -> bool:
    """Return the value of a boolean expression."""
    return cast("bool", value_of(expr, setting))


def integer(expr: Expr, setting: Setting) -> int:
    """Return the value of an integer expression."""
    return cast("int", value_of(expr, setting))


def function_of(expr: Expr, setting: Setting) -> Function:
    """Return the value of a function-valued expression."""
    return cast("Function", value_of(expr, setting))


def record_of(expr: Expr, setting: Setting) -> Record:
    """Return the value of a record-valued expression."""
    return cast("Record", value_of(expr, setting))


def sequence_of(expr: Expr, setting: Setting) -> tuple[Value, ...]:
    """Return the value of a tuple- or sequence-valued expression."""
    return cast("tuple[Value, ...]", value_of(expr, setting))


def taken_arm(expr: Case, setting: Setting) -> Expr:
    """Return the value expression of the arm that a CASE takes; CASE_FELL_THROUGH."""
    for condition, value in expr.arms:
        if truth(condition, setting):
            return value
    if expr.other is None:
        raise Fault(Site(FaultKind.CASE_FELL_THROUGH, expr.span))
    return expr.other


def _satisfying(binder: Binder, condition: Expr, setting: Setting, span: Span) -> list[Value]:
    """Return the elements that satisfy the condition, in the fixed order."""
    domain = elements(shape_of(binder.domain, setting), span)
    truths = [truth(condition, setting.binding({binder.name: value})) for value in domain]
    return [value for value, chosen in zip(domain, truths, strict=True) if chosen]


def _combined(op: SetOp, left: SetShape, right: SetShape) -> SetShape:
    plainly = isinstance(left, frozenset) and isinstance(right, frozenset)
    match op:
        case SetOp.UNION:
            return cast("frozenset[Value]", left) | cast("frozenset[Value]", right) if plainly else Either(left, right)
        case SetOp.INTERSECT:
            return cast("frozenset[Value]", left) & cast("frozenset[Value]", right) if plainly else Both(left, right)
        case SetOp.MINUS:
            return cast("frozenset[Value]", left) - cast("frozenset[Value]", right) if plainly else Without(left, right)
        case _:
            assert_never(op)


def _comparison(op: Comparison, left: int, right: int) -> bool:
    match op:
        case Comparison.LT:
            return left < right
        case Comparison.LE:
            return left <= right
        case _:
            assert_never(op)


def _arithmetic(op: Arithmetic, left: int, right: int, span: Span) -> int:
    match op:
        case Arithmetic.ADD:
            return _bounded(left + right, span)
        case Arithmetic.SUB:
            return _bounded(left - right, span)
        case Arithmetic.MUL:
            return _bounded(left * right, span)
        case Arithmetic.DIV:
            if right == 0:
                raise Fault(Site(FaultKind.DIVISION_BY_ZERO, span))
            return left // right
        case Arithmetic.MOD:
            if right <= 0:
                raise Fault(Site(FaultKind.DIVISION_BY_ZERO, span))
            return left % right
        case Arithmetic.POW:
            # A base of two bits or more to the power MAX_BITS has MAX_BITS bits at least: not even computed.
            if right < 0 or (abs(left) > 1 and right > MAX_BITS):
                raise Fault(Site(FaultKind.OUT_OF_RANGE, span))
            return _bounded(int(left**right) if abs(left) > 1 else _small_power(left, right), span)
        case _:
            assert_never(op)


def _small_power(base: int, exponent: int) -> int:
    """Return a power of -1, 0 or 1, whatever the exponent; `0^0` is 1."""
    if exponent == 0:
        return 1
    return base if exponent % 2 else abs(base)


def _bounded(number: int, span: Span) -> int:
    if number.bit_length() > MAX_BITS:
        raise Fault(Site(FaultKind.OUT_OF_RANGE, span))
    return number


def _replaced(items: tuple[Value, ...], index: int, value: Value) -> tuple[Value, ...]:
    """Return the items with another value at `index`, which counts from 1."""
    return (*items[: index - 1], value, *items[index:])


def without_bounds(of: Type) -> Type:
    """Return the type with the bounds of all sequences in it taken away; domains of functions stay as they are."""
    match of:
        case BoolType() | RangeType() | EnumType() | SortType() | UnionType() | AmongType():
            return of
        case RecordType(fields):
            return RecordType(tuple((name, without_bounds(item)) for name, item in fields))
        case TupleType(items):
            return TupleType(tuple(without_bounds(item) for item in items))
        case FunctionType(domain, target):
            return FunctionType(domain, without_bounds(target))
        case SetType(element):
            return SetType(without_bounds(element))
        case SeqType(element, _):
            return SeqType(without_bounds(element), sys.maxsize)
        case OptionType(element):
            return OptionType(without_bounds(element))
        case _:
            assert_never(of)
