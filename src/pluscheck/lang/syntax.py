"""The surface tree: what was written, before names and types are known.

Every node carries the span of its text, which never counts in equality. Parentheses belong to the text of the expression in them; of a
declaration with a body in braces the span is its head. Nodes are compared by value, but
later passes annotate them by identity (`id(node)`), so a parser must build each occurrence anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from pluscheck.base.source import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything with a place in the text."""

    span: Span = field(default=NOWHERE, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ident(Node):
    """A name where it is declared or mentioned outside an expression."""

    name: str


# ------------------------------------------------------------------------------------------ expressions


class Binary(Enum):
    """Binary operators that are not n-ary; the value is the ASCII spelling."""

    IMPLIES = "=>"
    EQUIV = "<=>"
    LEADS_TO = "~>"
    EQ = "="
    NE = "#"
    LT = "<"
    GT = ">"
    LE = "<="
    GE = ">="
    IN = "\\in"
    NOT_IN = "\\notin"
    SUBSETEQ = "\\subseteq"
    SUBSET = "\\subset"
    PAIR = ":>"
    OVERRIDE = "@@"
    UNION = "\\cup"
    INTERSECT = "\\cap"
    MINUS_SET = "\\"
    RANGE = ".."
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "\\div"
    MOD = "%"
    POW = "^"
    CONCAT = "\\o"


class Unary(Enum):
    """Prefix operators and the postfix prime."""

    NOT = "~"
    NEG = "-"
    POWERSET = "SUBSET"
    BIG_UNION = "UNION"
    DOMAIN = "DOMAIN"
    UNCHANGED = "UNCHANGED"
    ENABLED = "ENABLED"
    ALWAYS = "[]"
    EVENTUALLY = "<>"
    PRIME = "'"


class Junction(Enum):
    """n-ary connectives."""

    AND = "/\\"
    OR = "\\/"


class Quantifier(Enum):
    """Quantifiers over finite sets."""

    FORALL = "\\A"
    EXISTS = "\\E"


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A decimal literal; never negative (a sign is `Unary.NEG`)."""

    value: int


@dataclass(frozen=True, slots=True)
class Truth(Node):
    """`TRUE` or `FALSE`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Label(Node):
    """A string literal: the name of a label, as in `pc[p] = "L1"`."""

    name: str


@dataclass(frozen=True, slots=True)
class NoneLit(Node):
    """The empty option, `None`."""


@dataclass(frozen=True, slots=True)
class BooleanSet(Node):
    """`BOOLEAN`, as a set or as a type."""


@dataclass(frozen=True, slots=True)
class At(Node):
    """`@` inside `EXCEPT`."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A mention of a name: variable, constant, bound variable, operator without arguments, type, enum literal."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """`Op(a, b)`: an operator, macro-like built-in (`Len`, `Some`, `Cardinality`, ...) or generic type applied."""

    operator: Ident
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """`LAMBDA x, y : body`; only as an argument of an operator."""

    params: tuple[Ident, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class BinaryOp(Node):
    """`left op right`."""

    op: Binary
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class UnaryOp(Node):
    """`op operand`, or `operand'`."""

    op: Unary
    operand: Expr


@dataclass(frozen=True, slots=True)
class Junct(Node):
    """`a /\\ b /\\ c`, infix or as an aligned list (`aligned`; layout only, not compared); two items or more, or an aligned list of one."""

    op: Junction
    items: tuple[Expr, ...]
    aligned: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Product(Node):
    """`A \\X B \\X C`: the set (or type) of tuples."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Binder(Node):
    """`x, y \\in S`: names that range over one set."""

    names: tuple[Ident, ...]
    domain: Expr


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`\\A x \\in S, y \\in T : body`, and `\\E`. Later binders may not mention earlier names."""

    quantifier: Quantifier
    binders: tuple[Binder, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Choose(Node):
    """`CHOOSE x \\in S : body`."""

    name: Ident
    domain: Expr
    body: Expr


@dataclass(frozen=True, slots=True)
class If(Node):
    """`IF condition THEN yes ELSE no`."""

    condition: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True, slots=True)
class CaseArm(Node):
    """`condition -> value`."""

    condition: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Case(Node):
    """`CASE a -> x [] b -> y [] OTHER -> z`."""

    arms: tuple[CaseArm, ...]
    other: Expr | None


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`LET x == e  Op(a) == f IN body`; later definitions may mention earlier ones."""

    definitions: tuple[OperatorDecl, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class SetLiteral(Node):
    """`{a, b, c}`, also `{}`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class SetFilter(Node):
    """`{x \\in S : P}`."""

    name: Ident
    domain: Expr
    condition: Expr


@dataclass(frozen=True, slots=True)
class SetMap(Node):
    """`{e : x \\in S, y \\in T}`."""

    value: Expr
    binders: tuple[Binder, ...]


@dataclass(frozen=True, slots=True)
class FunctionLiteral(Node):
    """`[x \\in S, y \\in T |-> e]`; several names make the argument a tuple."""

    binders: tuple[Binder, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class FunctionSet(Node):
    """`[S -> T]`; also `[S, T -> U]`, whose `domains` has two items."""

    domains: tuple[Expr, ...]
    range: Expr


@dataclass(frozen=True, slots=True)
class RecordField(Node):
    """`name |-> value` in a record, or `name : set` in a set of records."""

    name: Ident
    value: Expr


@dataclass(frozen=True, slots=True)
class RecordLiteral(Node):
    """`[a |-> 1, b |-> 2]`."""

    fields: tuple[RecordField, ...]


@dataclass(frozen=True, slots=True)
class RecordSet(Node):
    """`[a : S, b : T]`, as a set or as a type."""

    fields: tuple[RecordField, ...]


@dataclass(frozen=True, slots=True)
class TupleLiteral(Node):
    """`<<a, b>>`: a tuple or a sequence, which the checker decides."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`f[x]`, `f[x, y]`: a function, a sequence or a tuple applied."""

    target: Expr
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class FieldOf(Node):
    """`r.a`."""

    target: Expr
    field: Ident


@dataclass(frozen=True, slots=True)
class IndexStep(Node):
    """`[a, b]` in `![a, b].c`."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class FieldStep(Node):
    """`.c` in `![a].c`."""

    field: Ident


@dataclass(frozen=True, slots=True)
class ExceptUpdate(Node):
    """`![a].c = value`."""

    path: tuple[IndexStep | FieldStep, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Except(Node):
    """`[target EXCEPT !… = …, !… = …]`."""

    target: Expr
    updates: tuple[ExceptUpdate, ...]


Expr = (
    Number
    | Truth
    | Label
    | NoneLit
    | BooleanSet
    | At
    | Name
    | Apply
    | Lambda
    | BinaryOp
    | UnaryOp
    | Junct
    | Product
    | Quantified
    | Choose
    | If
    | Case
    | Let
    | SetLiteral
    | SetFilter
    | SetMap
    | FunctionLiteral
    | FunctionSet
    | RecordLiteral
    | RecordSet
    | TupleLiteral
    | Index
    | FieldOf
    | Except
)
"""Types are written as expressions too: a type is a set. `Seq(T, n)` and `Option(T)` are `Apply`."""


# ------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Await(Node):
    """`await e` or `when e`."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    """One `target := value`. The target is a `Name` under `Index` and `FieldOf`."""

    target: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`a := e || b := f`: simultaneous assignments, often just one."""

    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class IfStatement(Node):
    """`if (c) {...} else {...}`; no `else` is an empty one; `else if` nests."""

    condition: Expr
    yes: tuple[Labelled, ...]
    no: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class Either(Node):
    """`either {...} or {...} or {...}`."""

    branches: tuple[tuple[Labelled, ...], ...]


@dataclass(frozen=True, slots=True)
class Order(Node):
    """`order NAME {...} then {...} then {...}`: parts that are run in the order written, or in any that the switch NAME allows.

    Each part begins with a label, which names it.
    """

    name: Ident
    parts: tuple[tuple[Labelled, ...], ...]

    @property
    def labels(self) -> tuple[Ident, ...]:
        """The names of the parts; of a part that lacks its label there is none."""
        return tuple([part[0].label for part in self.parts if part and part[0].label is not None])


@dataclass(frozen=True, slots=True)
class WithBinding(Node):
    """`x \\in S` (`equals` false: any element) or `x = e` (`equals` true) of a `with`."""

    name: Ident
    value: Expr
    equals: bool


@dataclass(frozen=True, slots=True)
class With(Node):
    """`with (x \\in S, y = e) {...}`; later bindings may mention earlier ones, as in PlusCal."""

    bindings: tuple[WithBinding, ...]
    body: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class While(Node):
    """`while (c) {...}`."""

    condition: Expr
    body: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True)
class Goto(Node):
    """`goto L`."""

    label: Ident


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`call P(a, b)`."""

    procedure: Ident
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Return(Node):
    """`return`."""


@dataclass(frozen=True, slots=True)
class Skip(Node):
    """`skip`."""


@dataclass(frozen=True, slots=True)
class Assert(Node):
    """`assert e`."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class MacroCall(Node):
    """`m(a, b)` as a statement."""

    macro: Ident
    args: tuple[Expr, ...]


Statement = (
    Await | Assign | IfStatement | Either | Order | With | While | Goto | Call | Return | Skip | Assert | MacroCall
)


@dataclass(frozen=True, slots=True)
class Labelled(Node):
    """A statement with the label in front of it, if any."""

    label: Ident | None
    statement: Statement


Block = tuple[Labelled, ...]


# ----------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class SortDecl(Node):
    """`sort Page`; `sort A, B` makes two declarations."""

    name: Ident


@dataclass(frozen=True, slots=True)
class EnumDecl(Node):
    """`enum Mode == { free, shared }`."""

    name: Ident
    literals: tuple[Ident, ...]


@dataclass(frozen=True, slots=True)
class TypeDecl(Node):
    """`type T == e` or `type T(A, B) == e`. `parts` is not empty for a union `A | B`, and `value` is then None.

    `is_lock` if it begins with `lock_type`: its values say who holds something.
    """

    name: Ident
    params: tuple[Ident, ...]
    value: Expr | None
    parts: tuple[Ident, ...] = ()
    is_lock: bool = False


@dataclass(frozen=True, slots=True)
class ConstDecl(Node):
    """`const c : T == e`, or `switch` (`is_switch`)."""

    name: Ident
    type: Expr
    default: Expr | None
    is_switch: bool


@dataclass(frozen=True, slots=True)
class VarDecl(Node):
    """`var x : T = e`, `var x : T \\in S` (`any_of`), or `var x : T` (no `initial`: any value of the type). Also a process's or procedure's local."""

    name: Ident
    type: Expr
    initial: Expr | None
    any_of: bool


@dataclass(frozen=True, slots=True)
class InitDecl(Node):
    """`init P`."""

    predicate: Expr


@dataclass(frozen=True, slots=True)
class OperatorParam(Node):
    """A parameter of an operator; `arity` > 0 for `F(_, _)`."""

    name: Ident
    arity: int = 0


@dataclass(frozen=True, slots=True)
class OperatorDecl(Node):
    """`Op(x, F(_)) == body`, at top level or in a `LET`."""

    name: Ident
    params: tuple[OperatorParam, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class RecursiveDecl(Node):
    """`RECURSIVE Op(_, _)`."""

    name: Ident
    arity: int


@dataclass(frozen=True, slots=True)
class MacroDecl(Node):
    """`macro m(x, y) {...}`."""

    name: Ident
    params: tuple[Ident, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class Param(Node):
    """`x \\in S` or `x : T` of an action, process or procedure: both mean the same."""

    name: Ident
    type: Expr


@dataclass(frozen=True, slots=True)
class ProcedureDecl(Node):
    """`procedure P(x : T) var y : U = e; {...}`."""

    name: Ident
    params: tuple[Param, ...]
    locals: tuple[VarDecl, ...]
    body: Block


class Fairness(Enum):
    """How much progress is assumed of an action or process."""

    NONE = ""
    WEAK = "fair"
    STRONG = "fair+"


@dataclass(frozen=True, slots=True)
class ActionDecl(Node):
    """`action A(x \\in S) {...}`."""

    name: Ident
    params: tuple[Param, ...]
    body: Block
    fairness: Fairness = Fairness.NONE


@dataclass(frozen=True, slots=True)
class ProcessDecl(Node):
    """`process P(self \\in S) var ...; {...}`; no parameter is a single process."""

    name: Ident
    param: Param | None
    locals: tuple[VarDecl, ...]
    body: Block
    fairness: Fairness = Fairness.NONE


class PropertyKind(Enum):
    """What a named property claims; the value is its keyword."""

    INVARIANT = "invariant"
    TRANSITION = "transition"
    WITNESS = "witness"
    LEMMA = "lemma"
    TEMPORAL = "property"


@dataclass(frozen=True, slots=True)
class PropertyDecl(Node):
    """`invariant I == e` and its like."""

    kind: PropertyKind
    name: Ident
    body: Expr


@dataclass(frozen=True, slots=True)
class TerminalDecl(Node):
    """`terminal == e`."""

    predicate: Expr


@dataclass(frozen=True, slots=True)
class ScopeEntry(Node):
    """`scope Page = 3;` (`size`) or `scope File = {src, dst};` (`names`, and `size` their number)."""

    sort: Ident
    size: int
    names: tuple[Ident, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueEntry(Node):
    """`Limit = 2;`, or with `path`, `Drain[src] = FALSE;`."""

    name: Ident
    path: tuple[IndexStep | FieldStep, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class DepthEntry(Node):
    """`depth 20;`."""

    depth: int


@dataclass(frozen=True, slots=True)
class CheckEntry(Node):
    """`check Safe, deadlock;`."""

    properties: tuple[Ident, ...]


class Expected(Enum):
    """What a model expects of a property; the value is its word."""

    HOLDS = "holds"
    VIOLATED = "violated"
    PROVED = "proved"
    BOUNDED = "bounded"
    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class ExpectEntry(Node):
    """`expect Safe violated;`; `depth` goes with `bounded`."""

    properties: tuple[Ident, ...]
    expected: Expected
    depth: int | None = None


ALL_OR_NONE = ("all", "none")
"""What stands for every protection, or for none; a switch of that name goes first."""


@dataclass(frozen=True, slots=True)
class Protection(Node):
    """`InodeExcl[src]` as something that is needed; `all` and `none` are such too, unless a switch has that name."""

    name: Ident
    path: tuple[IndexStep | FieldStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Constraint(Node):
    """`First before Second`, of two parts of an order."""

    first: Ident
    second: Ident


@dataclass(frozen=True, slots=True)
class NeedsEntry(Node):
    """`needs A, B or C;` or, about an `order`, `needs Acquire: First before Second;`: all minimal safe sets."""

    order: Ident | None
    sets: tuple[tuple[Protection | Constraint, ...], ...]


ModelEntry = ScopeEntry | ValueEntry | DepthEntry | CheckEntry | ExpectEntry | NeedsEntry


@dataclass(frozen=True, slots=True)
class ModelDecl(Node):
    """`model m extends b {...}`."""

    name: Ident
    base: Ident | None
    entries: tuple[ModelEntry, ...]


Declaration = (
    SortDecl
    | EnumDecl
    | TypeDecl
    | ConstDecl
    | VarDecl
    | InitDecl
    | OperatorDecl
    | RecursiveDecl
    | MacroDecl
    | ProcedureDecl
    | ActionDecl
    | ProcessDecl
    | PropertyDecl
    | TerminalDecl
    | ModelDecl
)


@dataclass(frozen=True, slots=True)
class Module(Node):
    """A whole file."""

    name: Ident
    extends: tuple[Ident, ...]
    declarations: tuple[Declaration, ...]
