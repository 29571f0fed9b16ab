"""Reports made by hand, with one of everything that can be shown."""

from __future__ import annotations

from pluscheck.base.codes import Code
from pluscheck.core.system import Expected
from pluscheck.report.model import (
    ActionCount,
    Answer,
    Change,
    CountsReport,
    FaultReport,
    InitialValue,
    Kind,
    ModelReport,
    Outcome,
    Part,
    Place,
    PropertyReport,
    Reason,
    Report,
    SiteReport,
    SpecReport,
    StepReport,
    TraceReport,
    Waiting,
)


def place(line: int, text: str, part: str) -> Place:
    return Place("spec/lock.plus", line, text.index(part) + 1, len(part), text)


def changes(*entries: tuple[str, str, str]) -> tuple[Change, ...]:
    return tuple(Change(*entry) for entry in entries)


MUTEX_LINE = 'invariant Mutex == \\A p, q \\in Thread : pc[p] = "Inside" /\\ pc[q] = "Inside" => p = q'
AWAIT_LINE = "  Take:   await holder = None; holder := Some(self);"

INITIAL = (
    InitialValue("holder", "None", chosen=False),
    InitialValue("counter", "0", chosen=True),
    InitialValue("seen", "(Thread1 :> 0 @@ Thread2 :> 0)", chosen=False),
    InitialValue("pc[Thread1]", "Take", chosen=False),
)
LARGE = (*INITIAL, InitialValue("table", "{" + ", ".join(f"entry{i}" for i in range(20)) + "}", chosen=False))

STEPS = (
    StepReport(1, "Adder.Take", "Thread1", (), place(14, AWAIT_LINE, "Take"), changes(
        ("holder", "None", "Some(Thread1)"), ("pc[Thread1]", "Take", "Inside"))),
    StepReport(2, "Adder.Take", "Thread2", (("page", "Page1"), ("mode", "shared")), place(14, AWAIT_LINE, "Take"), changes(
        ("holder", "Some(Thread1)", "Some(Thread2)"),
        ("pc[Thread2]", "Take", "Inside"),
        ("cache[Page1].contents", "[dirty |-> FALSE, value |-> <<0, 0>>]", "[dirty |-> TRUE, value |-> <<1, 0>>]"))),
    StepReport(3, "Tick", None, (), place(14, AWAIT_LINE, "Take"), ()),
)  # fmt: skip

BOUND = (("p", "Thread1"), ("q", "Thread2"))

VIOLATION = TraceReport(
    INITIAL,
    STEPS,
    reasons=(
        Reason(place(20, MUTEX_LINE, 'pc[p] = "Inside"'), True, BOUND, (("pc[Thread1]", "Inside"),)),
        Reason(place(20, MUTEX_LINE, 'pc[q] = "Inside"'), True, BOUND, (("pc[Thread2]", "Inside"),)),
        Reason(place(20, MUTEX_LINE, "p = q"), False, BOUND, ()),
    ),
)
HELD = Reason(place(14, AWAIT_LINE, "holder = None"), False, (), (("holder", "Some(Thread1)"),))
STUCK = TraceReport(
    LARGE,
    STEPS[:1],
    waiting=(Waiting("Thread1", "Take", (HELD,)), Waiting("Thread2", "Done", ()), Waiting("Tick", None, (HELD,))),
)
UNDEFINED = TraceReport(
    INITIAL,
    STEPS[:2],
    fault=FaultReport(
        Code.OUTSIDE_DOMAIN,
        place(14, AWAIT_LINE, "Some(self)"),
        StepReport(3, "Adder.Take", "Thread2", (("page", "Page1"),), None, ()),
    ),
)


def made_property(
    name: str,
    kind: Kind,
    answer: Answer,
    steps: int | None,
    *,
    expected: Expected = Expected.HOLDS,
    outcome: Outcome = Outcome.MET,
    judged: str | None = None,
    reason: str | None = None,
    why: str | None = None,
    trace: TraceReport | None = None,
    sites: tuple[SiteReport, ...] = (),
) -> PropertyReport:
    return PropertyReport(
        name=name,
        kind=kind,
        place=place(20, MUTEX_LINE, "Mutex"),
        expected=expected,
        expected_depth=None,
        answer=answer,
        steps=steps,
        reason=reason,
        judged=judged,
        outcome=outcome,
        why=why,
        trace=trace,
        sites=sites,
    )


COUNTS = CountsReport(most_steps=4, stuck=1, actions=(ActionCount("Adder.Take", 12345), ActionCount("Adder.Leave", 0)))


def made_model(
    name: str, properties: tuple[PropertyReport, ...], *, states: int | None = None, complete: bool = False
) -> ModelReport:
    return ModelReport(
        name=name,
        place=place(30, "model base { scope Thread = 2; }", name if name == "base" else "model"),
        engine="bmc",
        depth=None if complete else 20,
        reached=20,
        complete=complete,
        scope=(("Page", 1), ("Thread", 2)),
        properties=properties,
        taken=("Adder.Take",),
        never_taken=(Part("Adder.Leave", place(14, AWAIT_LINE, "Take")),),
        fault_sites=12,
        states=states,
        transitions=None if states is None else 3 * states,
        diameter=None if states is None else 11,
        counts=None if states is None else COUNTS,
        seconds=1.25,
        solver_seconds=0.75,
    )


AS_EXPECTED = made_model(
    "base",
    (
        made_property("Mutex", Kind.INVARIANT, Answer.BOUNDED, 20),
        made_property("Both", Kind.WITNESS, Answer.REACHED, 5, expected=Expected.REACHABLE, judged="replayed", trace=VIOLATION),
        made_property("Never", Kind.WITNESS, Answer.BOUNDED, 20, expected=Expected.UNREACHABLE),
        made_property("deadlock", Kind.DEADLOCK, Answer.BOUNDED, 20),
        made_property("faults", Kind.FAULTS, Answer.BOUNDED, 20),
    ),
)  # fmt: skip
PROVED = made_model(
    "small",
    (
        made_property("Mutex", Kind.INVARIANT, Answer.PROVED, None, judged="all 1,234 states checked again"),
        made_property("faults", Kind.FAULTS, Answer.PROVED, None, judged="all 1,234 states checked again"),
    ),
    states=1234,
    complete=True,
)
EXPECTED_VIOLATION = made_model(
    "no_lock",
    (
        made_property("Mutex", Kind.INVARIANT, Answer.VIOLATED, 14, expected=Expected.VIOLATED, judged="replayed", trace=VIOLATION),
    ),
)  # fmt: skip
WRONG = made_model(
    "wrong_in_every_way",
    (
        made_property("Mutex", Kind.INVARIANT, Answer.VIOLATED, 3, outcome=Outcome.VIOLATED, judged="replayed", trace=VIOLATION),
        made_property("Absent", Kind.INVARIANT, Answer.BOUNDED, 20, expected=Expected.VIOLATED, outcome=Outcome.ABSENT, why="a violation was expected"),
        made_property("Empty", Kind.WITNESS, Answer.BOUNDED, 20, expected=Expected.REACHABLE, outcome=Outcome.VACUOUS,
                      why="vacuous: nothing shows that this can happen"),
        made_property("Slow", Kind.INVARIANT, Answer.UNKNOWN, 7, outcome=Outcome.UNDECIDED, reason="out of time"),
        made_property("Deep", Kind.INVARIANT, Answer.BOUNDED, 20, expected=Expected.PROVED, outcome=Outcome.UNDECIDED, why="a proof was expected"),
        made_property("Odd", Kind.INVARIANT, Answer.REJECTED, 4, outcome=Outcome.REJECTED, reason="step 3, Adder.Take, is not possible"),
        made_property("deadlock", Kind.DEADLOCK, Answer.VIOLATED, 1, outcome=Outcome.VIOLATED, judged="replayed", trace=STUCK),
        made_property("faults", Kind.FAULTS, Answer.VIOLATED, 2, outcome=Outcome.VIOLATED, judged="replayed", trace=UNDEFINED,
                      sites=(SiteReport(Code.OUTSIDE_DOMAIN, place(14, AWAIT_LINE, "Some(self)"), 2, UNDEFINED),)),
    ),
)  # fmt: skip

GOOD = Report((SpecReport("spec/lock.plus", "Lock", (), (AS_EXPECTED, PROVED, EXPECTED_VIOLATION), ()),), strict=False)
BAD = Report(
    (SpecReport("spec/lock.plus", "Lock", (), (EXPECTED_VIOLATION, WRONG), (Part("Adder.Leave", place(14, AWAIT_LINE, "Take")),)),),
    strict=False,
)  # fmt: skip
