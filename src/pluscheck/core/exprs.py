"""Expressions of a transition system. Well-typed by construction in `pluscheck.lower`; they carry no types.

What an expression means is `pluscheck.core.evaluator`. Some expressions can *fault* (see `FaultKind`); `Site`s say where.
Terms may be shared: walk them with a memo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from pluscheck.base.codes import Code
from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.types import Type
from pluscheck.core.values import Value


class FaultKind(StrEnum):
    """Ways in which evaluating an expression is not defined. The value is the code of its page."""

    OUT_OF_RANGE = Code.OUT_OF_RANGE
    OUTSIDE_DOMAIN = Code.OUTSIDE_DOMAIN
    BEYOND_SEQUENCE = Code.BEYOND_SEQUENCE
    SEQUENCE_OVERFLOW = Code.SEQUENCE_OVERFLOW
    CHOOSE_FROM_NOTHING = Code.CHOOSE_FROM_NOTHING
    CHOOSE_AMBIGUOUS = Code.CHOOSE_AMBIGUOUS
    DIVISION_BY_ZERO = Code.DIVISION_BY_ZERO
    CASE_FELL_THROUGH = Code.CASE_FELL_THROUGH
    GET_OF_NONE = Code.GET_OF_NONE
    ASSERTION_FAILED = Code.ASSERTION_FAILED
    RECURSION_TOO_DEEP = Code.RECURSION_TOO_DEEP


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a fault of this kind can happen: one implicit property."""

    kind: FaultKind
    span: Span


@dataclass(frozen=True, slots=True)
class Node:
    """An expression's place in the specification; never counts in equality."""

    span: Span = field(default=NOWHERE, kw_only=True, compare=False, repr=False)


# ------------------------------------------------------------------------------- names and constants


@dataclass(frozen=True, slots=True)
class Lit(Node):
    """A value. Beware that `Lit(1) == Lit(True)` in Python."""

    value: Value


@dataclass(frozen=True, slots=True)
class Var(Node):
    """A state variable in the current state (inside `Prime`, in the next)."""

    name: str


@dataclass(frozen=True, slots=True)
class Const(Node):
    """A constant or switch of the model."""

    name: str


@dataclass(frozen=True, slots=True)
class Local(Node):
    """A bound name: quantified, `LET`, an operator's or an action's parameter. Inner ones hide outer ones."""

    name: str


@dataclass(frozen=True, slots=True)
class Prime(Node):
    """The expression's value in the next state; only in transition properties, never nested."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`LET name == value IN body`: the value is evaluated (and faults) only where `name` is used."""

    name: str
    value: Expr
    body: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """An operator of `TransitionSystem.operators` applied; arguments are evaluated where they are used, as in `Let`.

    A chain of calls to one operator deeper than `MAX_RECURSION` is a fault.
    """

    operator: str
    args: tuple[Expr, ...]


MAX_RECURSION = 100
"""How many calls of the same operator may be under way at once."""


# ---------------------------------------------------------------------------------------- booleans


@dataclass(frozen=True, slots=True)
class Not(Node):
    """Negation."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class And(Node):
    """Conjunction, left to right up to the first false one; of none it is true."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Disjunction, left to right up to the first true one; of none it is false."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Implies(Node):
    """`left => right`; `right` is evaluated only if `left` is true."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Ite(Node):
    """`IF condition THEN yes ELSE no`; only one arm is evaluated. Also of booleans."""

    condition: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True, slots=True)
class Case(Node):
    """The value of the first arm whose condition is true; with none and no `other`, CASE_FELL_THROUGH."""

    arms: tuple[tuple[Expr, Expr], ...]
    other: Expr | None


@dataclass(frozen=True, slots=True)
class Eq(Node):
    """Equality of two values of one type; of booleans it is `<=>`."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class In(Node):
    """`element \\in set`. Both are evaluated; a huge set such as `SUBSET S` or `[S -> T]` is not enumerated for it."""

    element: Expr
    set: Expr


@dataclass(frozen=True, slots=True)
class Subset(Node):
    """`left \\subseteq right`."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Binder(Node):
    """`name \\in domain`. Domains are evaluated outside the scope of all the names bound with them."""

    name: str
    domain: Expr


@dataclass(frozen=True, slots=True)
class Forall(Node):
    """True if the body is, for every choice; the body is evaluated for all of them."""

    binders: tuple[Binder, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """True if the body is, for some choice; the body is evaluated for all of them."""

    binders: tuple[Binder, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Choose(Node):
    """The least element that satisfies the body; CHOOSE_FROM_NOTHING without one.

    `unique`: at most one may satisfy it, else CHOOSE_AMBIGUOUS; set where elements contain elements of a sort.
    """

    binder: Binder
    body: Expr
    unique: bool


# ---------------------------------------------------------------------------------------- integers


class Arithmetic(Enum):
    """Binary operations on integers, to integers."""

    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "\\div"
    MOD = "%"
    POW = "^"


class Comparison(Enum):
    """Comparisons of integers."""

    LT = "<"
    LE = "<="


@dataclass(frozen=True, slots=True)
class Arith(Node):
    """`left op right`. DIV is the floor; DIV by zero and MOD by what is not positive are DIVISION_BY_ZERO. POW with a negative exponent is OUT_OF_RANGE."""

    op: Arithmetic
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`left op right`; `>` and `>=` are lowered by swapping the sides."""

    op: Comparison
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Neg(Node):
    """`-operand`."""

    operand: Expr


# -------------------------------------------------------------------------------------------- sets


@dataclass(frozen=True, slots=True)
class SetLit(Node):
    """`{a, b}`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Interval(Node):
    """`low..high`; empty if `low > high`."""

    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class AllOf(Node):
    """The set of all values of a type."""

    type: Type


class SetOp(Enum):
    """Binary operations on sets."""

    UNION = "\\cup"
    INTERSECT = "\\cap"
    MINUS = "\\"


@dataclass(frozen=True, slots=True)
class SetBinary(Node):
    """`left op right`."""

    op: SetOp
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class BigUnion(Node):
    """`UNION operand`."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Powerset(Node):
    """`SUBSET operand`."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`{x \\in S : condition}`; the condition is evaluated for every x."""

    binder: Binder
    condition: Expr


@dataclass(frozen=True, slots=True)
class Map(Node):
    """`{value : x \\in S, y \\in T}`."""

    value: Expr
    binders: tuple[Binder, ...]


@dataclass(frozen=True, slots=True)
class Cross(Node):
    """`A \\X B \\X C`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class FunctionSpace(Node):
    """`[domain -> range]`, the set of functions."""

    domain: Expr
    range: Expr


@dataclass(frozen=True, slots=True)
class RecordSpace(Node):
    """`[a : S, b : T]`, the set of records; fields sorted by name."""

    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Cardinality(Node):
    """The number of elements."""

    operand: Expr


# ---------------------------------------------------------------------- functions, records, options


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """`[x \\in S |-> value]`; with several binders the arguments are tuples."""

    binders: tuple[Binder, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class App(Node):
    """`function[argument]`; OUTSIDE_DOMAIN."""

    function: Expr
    argument: Expr


@dataclass(frozen=True, slots=True)
class Domain(Node):
    """`DOMAIN function`; of a sequence, `lower` writes `1..Len(s)`."""

    function: Expr


@dataclass(frozen=True, slots=True)
class Update(Node):
    """`[function EXCEPT ![argument] = value]`; OUTSIDE_DOMAIN. Evaluated: function, argument, value."""

    function: Expr
    argument: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Override(Node):
    """`left @@ right`: the union of two functions, of which `left` wins."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Single(Node):
    """`argument :> value`: the function with one argument."""

    argument: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class MakeRecord(Node):
    """A record; fields sorted by name."""

    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`record.name`."""

    record: Expr
    name: str


@dataclass(frozen=True, slots=True)
class WithField(Node):
    """`[record EXCEPT !.name = value]`."""

    record: Expr
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class SomeOf(Node):
    """`Some(operand)`; `None` is `Lit(NOTHING)`."""

    operand: Expr


@dataclass(frozen=True, slots=True)
class Get(Node):
    """`Get(operand)`; GET_OF_NONE."""

    operand: Expr


# ---------------------------------------------------------------------------- tuples and sequences


@dataclass(frozen=True, slots=True)
class MakeTuple(Node):
    """`<<a, b>>`, a tuple or a sequence."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Project(Node):
    """`tuple[index]` of a tuple; `index` counts from 1 and is known to be inside."""

    tuple: Expr
    index: int


@dataclass(frozen=True, slots=True)
class Nth(Node):
    """`sequence[index]`, from 1; BEYOND_SEQUENCE."""

    sequence: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class UpdateNth(Node):
    """`[sequence EXCEPT ![index] = value]`; BEYOND_SEQUENCE."""

    sequence: Expr
    index: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class UpdateProject(Node):
    """`[tuple EXCEPT ![index] = value]` of a tuple; `index` is known to be inside."""

    tuple: Expr
    index: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Len(Node):
    """`Len(sequence)`."""

    sequence: Expr


@dataclass(frozen=True, slots=True)
class Head(Node):
    """`Head(sequence)`; BEYOND_SEQUENCE."""

    sequence: Expr


@dataclass(frozen=True, slots=True)
class Tail(Node):
    """`Tail(sequence)`; BEYOND_SEQUENCE."""

    sequence: Expr


@dataclass(frozen=True, slots=True)
class Append(Node):
    """`Append(sequence, element)`."""

    sequence: Expr
    element: Expr


@dataclass(frozen=True, slots=True)
class SubSeq(Node):
    """`SubSeq(sequence, low, high)`: empty if `low > high`; else BEYOND_SEQUENCE unless `1 <= low` and `high <= Len`."""

    sequence: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Concat(Node):
    """`left \\o right`."""

    left: Expr
    right: Expr


# ------------------------------------------------------------------------------------------- checks


@dataclass(frozen=True, slots=True)
class Check(Node):
    """The operand, which must be of the type: else SEQUENCE_OVERFLOW if only the bound of a sequence is exceeded, else OUT_OF_RANGE.

    `lower` puts them around every value that is stored in a variable, or around those parts of it that could be wrong. `SEQUENCE_OVERFLOW` is reported if the value would be of
    the type with all bounds of sequences in it taken away.
    """

    operand: Expr
    type: Type


Expr = (
    Lit
    | Var
    | Const
    | Local
    | Prime
    | Let
    | Call
    | Not
    | And
    | Or
    | Implies
    | Ite
    | Case
    | Eq
    | In
    | Subset
    | Forall
    | Exists
    | Choose
    | Arith
    | Compare
    | Neg
    | SetLit
    | Interval
    | AllOf
    | SetBinary
    | BigUnion
    | Powerset
    | Filter
    | Map
    | Cross
    | FunctionSpace
    | RecordSpace
    | Cardinality
    | Lambda
    | App
    | Domain
    | Update
    | Override
    | Single
    | MakeRecord
    | Field
    | WithField
    | SomeOf
    | Get
    | MakeTuple
    | Project
    | Nth
    | UpdateNth
    | UpdateProject
    | Len
    | Head
    | Tail
    | Append
    | SubSeq
    | Concat
    | Check
)
