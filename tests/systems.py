"""Small transition systems built by hand, with what is known of them: for the tests of engines, encodings and judges.

for case in CASES:
    findings = engine(case.system, case.wanted, Budget(), ignore)
    ... case.expected ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from generate import numbered
from pluscheck.base.source import Source, Span
from pluscheck.core.exprs import (
    AllOf,
    And,
    App,
    Append,
    Arith,
    Arithmetic,
    Binder,
    Cardinality,
    Check,
    Compare,
    Comparison,
    Eq,
    Exists,
    Expr,
    FaultKind,
    Forall,
    Get,
    Head,
    Implies,
    In,
    Interval,
    Lambda,
    Len,
    Lit,
    Local,
    Not,
    Or,
    Prime,
    SetBinary,
    SetLit,
    SetOp,
    SomeOf,
    Tail,
    Update,
    Var,
)
from pluscheck.core.system import (
    DEADLOCK,
    FAULTS,
    Action,
    Assertion,
    Assignment,
    Bind,
    Clause,
    Guard,
    Pick,
    Process,
    Property,
    PropertyKind,
    Role,
    TransitionSystem,
    Variable,
)
from pluscheck.core.types import (
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    Scope,
    SeqType,
    SetType,
    SortType,
    Type,
    enum_atoms,
)
from pluscheck.core.values import NOTHING, Atom, Value


@dataclass(frozen=True, slots=True)
class Broken:
    """Violated, or a witness reached, first after so many steps."""

    length: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Holds in every reachable state, or a witness that is unreachable."""


@dataclass(frozen=True, slots=True)
class Case:
    """A system and what is known of it. `faults` are the violated sites' kinds, with the number of complete steps before each."""

    system: TransitionSystem
    expected: Mapping[str, Broken | Kept]
    faults: frozenset[tuple[FaultKind, int]]
    states: int
    diameter: int

    @property
    def wanted(self) -> frozenset[str]:
        """All properties, the implicit ones too."""
        return frozenset(self.expected)


_SOURCE = Source("hand.plus", "?" * 1000)


class _Spans:
    """Hands out places, each once."""

    def __init__(self) -> None:
        self.next = 0

    def __iter__(self) -> _Spans:
        return self

    def __next__(self) -> int:
        self.next += 1
        return self.next

    def place(self) -> Span:
        start = next(self)
        return Span(_SOURCE, start, start + 1)


def built(
    name: str,
    variables: tuple[Variable, ...],
    actions: tuple[Action, ...],
    properties: tuple[Property, ...] = (),
    *,
    scope: Scope | None = None,
    init: tuple[Expr, ...] = (),
    terminal: Expr | None = None,
    processes: tuple[Process, ...] = (),
) -> TransitionSystem:
    """Return a system in which every node has a place of its own."""
    spans = _Spans()

    def clause(old: Clause) -> Clause:
        match old:
            case Pick(_, domain):
                return replace(old, domain=numbered(domain, spans), span=spans.place())
            case Guard(condition) | Assertion(condition):
                return replace(old, condition=numbered(condition, spans), span=spans.place())
            case Bind(_, value):
                return replace(old, value=numbered(value, spans), span=spans.place())

    return TransitionSystem(
        name=name,
        model="default",
        scope=scope or {},
        constants=(),
        variables=tuple(replace(v, initial=numbered(v.initial, spans), span=spans.place()) for v in variables),
        init=numbered(init, spans),
        actions=tuple(
            replace(
                action,
                clauses=tuple(clause(c) for c in action.clauses),
                updates=tuple(replace(u, value=numbered(u.value, spans), span=spans.place()) for u in action.updates),
                span=spans.place(),
            )
            for action in actions
        ),
        properties=tuple(replace(p, formula=numbered(p.formula, spans), span=spans.place()) for p in properties),
        terminal=numbered(terminal, spans),
        operators={},
        processes=processes,
        span=spans.place(),
    )


def var(
    name: str, of: Type, initial: Value | None, *, role: Role = Role.SHARED, process: str | None = None
) -> Variable:
    """A variable with one initial value, or any."""
    return Variable(name, of, None if initial is None else Lit(initial), any_of=False, role=role, process=process)


def invariant(name: str, formula: Expr) -> Property:
    return Property(PropertyKind.INVARIANT, name, formula)


def transition(name: str, formula: Expr) -> Property:
    return Property(PropertyKind.TRANSITION, name, formula)


def witness(name: str, formula: Expr) -> Property:
    return Property(PropertyKind.WITNESS, name, formula)


def plus(left: Expr, number: int) -> Expr:
    return Arith(Arithmetic.ADD, left, Lit(number))


def at_most(left: Expr, right: Expr) -> Expr:
    return Compare(Comparison.LE, left, right)


def less(left: Expr, right: Expr) -> Expr:
    return Compare(Comparison.LT, left, right)


# ---------------------------------------------------------------------------------------------- counters

_TO_3 = RangeType(0, 3)


def counter(*, guarded: bool) -> TransitionSystem:
    """`x` counts from 0 within 0..3; guarded, it stops at 3 and may be reset there; otherwise it runs out of its range."""
    inc = Action(
        "Inc",
        0,
        (),
        (Guard(less(Var("x"), Lit(3))),) if guarded else (),
        (Assignment("x", Check(plus(Var("x"), 1), _TO_3)),),
    )
    reset = Action("Reset", 0, (), (Guard(Eq(Var("x"), Lit(3))),), (Assignment("x", Check(Lit(0), _TO_3)),))
    return built(
        "Counter",
        (var("x", _TO_3, 0),),
        (inc, reset) if guarded else (inc,),
        (
            invariant("Small", at_most(Var("x"), Lit(2))),
            invariant("InRange", And((at_most(Lit(0), Var("x")), at_most(Var("x"), Lit(3))))),
            transition("Grows", at_most(Var("x"), Prime(Var("x")))),
            witness("Two", Eq(Var("x"), Lit(2))),
            witness("Negative", less(Var("x"), Lit(0))),
        ),
    )


# ------------------------------------------------------------------------------------------------- mutex

_PROC = SortType("Proc")
_STATE = EnumType("Where", ("idle", "trying", "critical"))
_IDLE, _TRYING, _CRITICAL = enum_atoms(_STATE)
_WHERE = FunctionType(_PROC, _STATE)


def procs(number: int) -> Scope:
    return {"Proc": tuple(Atom("Proc", i, f"Proc{i + 1}") for i in range(number))}


def mutex(number: int, *, atomic: bool) -> TransitionSystem:
    """A lock that `number` processes take: by test-and-set, or by a test and later a set, which two can do at once."""
    p = Local("p")
    at = App(Var("where"), p)

    def goes(name: str, before: Value, after: Value, *more: Clause | Assignment) -> Action:
        return Action(
            name,
            0,
            ("p",),
            (
                Pick("p", AllOf(_PROC)),
                Guard(Eq(at, Lit(before))),
                *(m for m in more if not isinstance(m, Assignment)),
            ),
            (
                Assignment("where", Check(Update(Var("where"), p, Lit(after)), _WHERE)),
                *(m for m in more if isinstance(m, Assignment)),
            ),
        )

    free = Guard(Not(Var("locked")))
    lock = Assignment("locked", Check(Lit(True), BoolType()))
    unlock = Assignment("locked", Check(Lit(False), BoolType()))
    actions = (
        (goes("Enter", _IDLE, _CRITICAL, free, lock),)
        if atomic
        else (goes("Test", _IDLE, _TRYING, free), goes("Set", _TRYING, _CRITICAL, lock))
    )
    q = Local("q")
    both = And((Eq(App(Var("where"), p), Lit(_CRITICAL)), Eq(App(Var("where"), q), Lit(_CRITICAL))))
    exclusion = Forall((Binder("p", AllOf(_PROC)), Binder("q", AllOf(_PROC))), Implies(both, Eq(p, q)))
    return built(
        "Mutex",
        (
            Variable("where", _WHERE, Lambda((Binder("p", AllOf(_PROC)),), Lit(_IDLE)), any_of=False),
            var("locked", BoolType(), False),
        ),
        (*actions, goes("Leave", _CRITICAL, _IDLE, unlock)),
        (
            invariant("Exclusion", exclusion),
            witness("Critical", Exists((Binder("p", AllOf(_PROC)),), Eq(App(Var("where"), p), Lit(_CRITICAL)))),
        ),
        scope=procs(number),
    )


# ---------------------------------------------------------------------------------------------- deadlock

_LOCK = EnumType("Lock", ("a", "b"))
_A, _B = enum_atoms(_LOCK)
_OWNERS = FunctionType(_LOCK, OptionType(_PROC))


def abba(*, ordered_locking: bool) -> TransitionSystem:
    """Two processes each take both locks: in opposite orders they can wait for each other for ever.

    `left` and `right` are the two processes, single ones; they are told apart by a variable each.
    """
    labels = EnumType("label of Left", ("First", "Second", "Release", "Done"))
    first, second, release, done = enum_atoms(labels)

    def steps(process: str, pc: str, owner: Value, order: tuple[Value, Value]) -> tuple[Action, ...]:
        def take(name: str, lock: Value, before: Value, after: Value) -> Action:
            return Action(
                f"{process}.{name}",
                0,
                (),
                (
                    Guard(Eq(Var(pc), Lit(before))),
                    Guard(Eq(App(Var("owner"), Lit(lock)), Lit(NOTHING))),
                ),
                (
                    Assignment("owner", Check(Update(Var("owner"), Lit(lock), SomeOf(Lit(owner))), _OWNERS)),
                    Assignment(pc, Check(Lit(after), labels)),
                ),
                process=process,
                label=name,
            )

        freed = Update(Update(Var("owner"), Lit(_A), Lit(NOTHING)), Lit(_B), Lit(NOTHING))
        return (
            take("First", order[0], first, second),
            take("Second", order[1], second, release),
            Action(
                f"{process}.Release",
                0,
                (),
                (Guard(Eq(Var(pc), Lit(release))),),
                (Assignment("owner", Check(freed, _OWNERS)), Assignment(pc, Check(Lit(done), labels))),
                process=process,
                label="Release",
            ),
        )

    left, right = procs(2)["Proc"]
    names = ("First", "Second", "Release", "Done")
    return built(
        "Abba",
        (
            Variable("owner", _OWNERS, Lambda((Binder("l", AllOf(_LOCK)),), Lit(NOTHING)), any_of=False),
            var("left", labels, first, role=Role.PROGRAM_COUNTER, process="Left"),
            var("right", labels, first, role=Role.PROGRAM_COUNTER, process="Right"),
        ),
        (
            *steps("Left", "left", left, (_A, _B)),
            *steps("Right", "right", right, (_A, _B) if ordered_locking else (_B, _A)),
        ),
        (witness("BothDone", And((Eq(Var("left"), Lit(done)), Eq(Var("right"), Lit(done))))),),
        scope=procs(2),
        terminal=And((Eq(Var("left"), Lit(done)), Eq(Var("right"), Lit(done)))),
        processes=(Process("Left", None, names, "left"), Process("Right", None, names, "right")),
    )


# ------------------------------------------------------------------------------------------------ queues

_QUEUE = SeqType(RangeType(1, 2), 2)


def queue() -> TransitionSystem:
    """A queue of two places that is put into without looking, and taken from without looking; what is taken is asserted to be small."""
    item = Local("item")
    put = Action(
        "Put",
        0,
        ("item",),
        (Pick("item", Interval(Lit(1), Lit(2))),),
        (Assignment("q", Check(Append(Var("q"), item), _QUEUE)),),
    )
    take = Action(
        "Take",
        0,
        (),
        (Bind("head", Head(Var("q"))), Assertion(less(Local("head"), Lit(2)))),
        (
            Assignment("q", Check(Tail(Var("q")), _QUEUE)),
            Assignment("last", Check(SomeOf(Local("head")), OptionType(RangeType(1, 2)))),
        ),
    )
    return built(
        "Queue",
        (var("q", _QUEUE, ()), var("last", OptionType(RangeType(1, 2)), NOTHING)),
        (put, take),
        (
            # Faults in the initial state, where nothing was taken yet.
            invariant("LastSmall", at_most(Get(Var("last")), Lit(2))),
            witness("Full", Eq(Len(Var("q")), Lit(2))),
        ),
    )


# ------------------------------------------------------------------------------------------ initial states


def gatherers() -> TransitionSystem:
    """A set that grows by any element, from any set of at most one: many initial states, a choice in a step, an end that is terminal."""
    p = Local("p")
    add = Action(
        "Add",
        0,
        (),
        (
            Pick("p", SetBinary(SetOp.MINUS, AllOf(_PROC), Var("held"))),
            Guard(Or((Var("open"), Eq(Var("held"), SetLit(()))))),
        ),
        (Assignment("held", Check(SetBinary(SetOp.UNION, Var("held"), SetLit((p,))), SetType(_PROC))),),
    )
    return built(
        "Gatherers",
        (
            Variable("open", BoolType(), SetLit((Lit(True), Lit(False))), any_of=True),
            var("held", SetType(_PROC), None),
        ),
        (add,),
        (
            witness("All", Eq(Cardinality(Var("held")), Lit(3))),
            invariant("NeverTwo", Not(Eq(Cardinality(Var("held")), Lit(2)))),
            transition("Once", Forall((Binder("p", Var("held")),), In(Local("p"), Prime(Var("held"))))),
        ),
        scope=procs(3),
        init=(at_most(Cardinality(Var("held")), Lit(1)),),
        terminal=Eq(Var("held"), AllOf(_PROC)),
    )


CASES: Mapping[str, Case] = {
    "guarded counter": Case(
        counter(guarded=True),
        {
            "Small": Broken(3),
            "InRange": Kept(),
            "Grows": Broken(4),
            "Two": Broken(2),
            "Negative": Kept(),
            DEADLOCK: Kept(),
            FAULTS: Kept(),
        },
        frozenset(),
        states=4,
        diameter=3,
    ),
    "overflowing counter": Case(
        counter(guarded=False),
        {
            "Small": Broken(3),
            "InRange": Kept(),
            "Grows": Kept(),
            "Two": Broken(2),
            "Negative": Kept(),
            DEADLOCK: Kept(),
            FAULTS: Broken(3),
        },
        frozenset({(FaultKind.OUT_OF_RANGE, 3)}),
        states=4,
        diameter=3,
    ),
    "atomic mutex": Case(
        mutex(3, atomic=True),
        {"Exclusion": Kept(), "Critical": Broken(1), DEADLOCK: Kept(), FAULTS: Kept()},
        frozenset(),
        states=4,
        diameter=1,
    ),
    "racy mutex": Case(
        mutex(2, atomic=False),
        {"Exclusion": Broken(4), "Critical": Broken(2), DEADLOCK: Kept(), FAULTS: Kept()},
        frozenset(),
        states=13,
        diameter=6,
    ),
    "opposite orders": Case(
        abba(ordered_locking=False),
        {"BothDone": Broken(6), DEADLOCK: Broken(2), FAULTS: Kept()},
        frozenset(),
        states=13,
        diameter=6,
    ),
    "one order": Case(
        abba(ordered_locking=True),
        {"BothDone": Broken(6), DEADLOCK: Kept(), FAULTS: Kept()},
        frozenset(),
        states=12,
        diameter=6,
    ),
    "queue": Case(
        queue(),
        {"LastSmall": Kept(), "Full": Broken(2), DEADLOCK: Kept(), FAULTS: Broken(0)},
        frozenset(
            {
                (FaultKind.BEYOND_SEQUENCE, 0),
                (FaultKind.GET_OF_NONE, 0),
                (FaultKind.ASSERTION_FAILED, 1),
                (FaultKind.SEQUENCE_OVERFLOW, 2),
            }
        ),
        # Any of 7 queues, with 1 taken before or nothing.
        states=14,
        diameter=4,
    ),
    "gatherers": Case(
        gatherers(),
        {
            "All": Broken(2),
            "NeverTwo": Broken(1),
            "Once": Kept(),
            DEADLOCK: Broken(0),
            FAULTS: Kept(),
        },
        frozenset(),
        # Open, any of 8 sets; closed, the 4 initial ones.
        states=12,
        diameter=2,
    ),
}
"""Systems by name."""
