"""What a run found, as values: everything that people or machines read is printed from these, and from nothing else.

Values of the specification are already text here, as `core.values.show` writes them, so that a report needs no system beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.system import Expected


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a source: lines and columns from 1; `text` is the line it starts on, `width` how many of its characters are meant."""

    file: str
    line: int
    column: int
    width: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def place_of(span: Span) -> Place | None:
    """Return the span as a place; None for what no source text stands for."""
    if span == NOWHERE:
        return None
    line, column = span.source.position(span.start)
    text = span.source.line(line)
    width = max(1, min(span.end - span.start, len(text) - column + 1))
    return Place(span.source.name, line, column, width, text)


class Kind(StrEnum):
    """What a property claims; the last two are implicit in every model."""

    INVARIANT = "invariant"
    TRANSITION = "transition"
    WITNESS = "witness"
    LEMMA = "lemma"
    DEADLOCK = "deadlock"
    FAULTS = "faults"


class Answer(StrEnum):
    """What a verdict says; see docs/cli.md."""

    PROVED = "proved"
    BOUNDED = "bounded"
    VIOLATED = "violated"
    REACHED = "reached"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    """The engine gave an answer, and its evidence does not check: a fault of pluscheck's own, and no answer at all."""


class Outcome(StrEnum):
    """How a verdict compares with what the model expects."""

    MET = "met"
    VIOLATED = "violated"
    """A property that should hold does not, a witness that should be unreachable is reached, or a model needs other protections than it says."""
    ABSENT = "absent"
    """No violation, to the model's depth, of a property that should be violated."""
    VACUOUS = "vacuous"
    """A witness that should be reachable is not reached."""
    UNDECIDED = "undecided"
    """What was found neither meets the expectation nor contradicts it."""
    REJECTED = "rejected"
    DRIFT = "drift"
    """What is found is as expected, and what is stored does not say so: there is nothing, or it is of another system or expectation."""


class Stored(StrEnum):
    """What came of the stored evidence for a property, where `gate` looked for it."""

    CHECKED = "checked"
    """It was judged anew."""
    REMEMBERED = "remembered"
    """It was judged before, on this machine or by who has the same key, and nothing has changed since."""
    MISSING = "missing"
    STALE = "stale"
    """It is of another system, or of another expectation."""
    REJECTED = "rejected"
    """It does not show what it claims."""
    WRITTEN = "written"
    """It was found, judged and stored now."""


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the state that a step changed: `path` as the specification would write it, such as `mode[Page1]`."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step of a trace. `process` is the one that steps (such as `Writer2`), if any; arguments are by name."""

    number: int
    action: str
    process: str | None
    arguments: tuple[tuple[str, str], ...]
    place: Place | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A smallest part of a formula that decides it: its truth, the names bound around it, and the values of what it mentions."""

    place: Place | None
    truth: bool
    bindings: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a process waits for in a deadlock, at `label`; or, without a label, an action outside of processes.

    The `reasons` are those of the conditions that are false; without any, the process has ended.
    """

    who: str
    label: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class FaultReport:
    """The evaluation that is not defined: at `place`, and in which step if it is in one."""

    code: Code
    place: Place | None
    step: StepReport | None


@dataclass(frozen=True, slots=True)
class InitialValue:
    """What a variable is in the initial state; `chosen` if the specification leaves it open, so that another run may start otherwise."""

    name: str
    value: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class TraceReport:
    """A replayed run. `reasons` explain the property at its end, `waiting` a deadlock, `fault` an evaluation that is not defined."""

    initial: tuple[InitialValue, ...]
    steps: tuple[StepReport, ...]
    reasons: tuple[Reason, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    fault: FaultReport | None = None


@dataclass(frozen=True, slots=True)
class SiteReport:
    """An implicit property that is violated: what is not defined, where, and the shortest run to it."""

    code: Code
    place: Place | None
    steps: int
    trace: TraceReport | None


@dataclass(frozen=True, slots=True)
class PropertyReport:
    """The verdict on one property of one model, compared with its expectation.

    `steps` is the length of the trace, or the depth to which nothing was found (-1: not even initial states). `reason` says why
    nothing was decided, or why evidence was rejected. `judged` is what the verdict rests on. `why` says, where the expectation is not met, how.
    `engine` is who found it, where several looked.
    """

    name: str
    kind: Kind
    place: Place | None
    expected: Expected
    expected_depth: int | None
    answer: Answer
    steps: int | None
    reason: str | None
    judged: str | None
    outcome: Outcome
    why: str | None
    trace: TraceReport | None = None
    sites: tuple[SiteReport, ...] = ()
    engine: str | None = None
    stored: Stored | None = None
    unkept: TraceReport | None = None
    """Of a lemma that is no part of a proof: a step that does not keep it, from a state that no run need reach."""


def is_idle_lemma(row: PropertyReport) -> bool:
    """Return whether it is a lemma that nothing was said to hold for."""
    return row.kind is Kind.LEMMA and row.answer in (Answer.BOUNDED, Answer.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Part:
    """An action, or a label of a process, of which a model says whether it is ever taken."""

    name: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class ActionCount:
    """How many steps are an action's, of all steps out of all states that were looked at."""

    name: str
    steps: int


@dataclass(frozen=True, slots=True)
class CountsReport:
    """What was counted in the states that were looked at. `stuck` are those without a step; every action is in `actions`, with 0 where it is never taken."""

    most_steps: int
    stuck: int
    actions: tuple[ActionCount, ...]


@dataclass(frozen=True, slots=True)
class UnfinishedReport:
    """How far a search from state to state was when its budget ended.

    `looked_at` and `waiting` are all states found. `bytes_held` is the memory that they take, if somebody knows. `more` is an estimate of how many others there are,
    if each level, the states as many steps away, goes on to be `ratio` times the one before, as the last one is; both None while the levels do not shrink.
    """

    looked_at: int
    waiting: int
    bytes_held: int | None
    more: int | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What was found of one model.

    `depth` is what was asked for, `reached` how deep every run was looked at (-1: not at all); `complete` if there is nothing deeper.
    `never_taken` is None where the run was not deep enough to tell. `seconds` and `solver_seconds` are wall time: no part of any comparison.
    """

    name: str
    place: Place | None
    engine: str
    depth: int | None
    reached: int
    complete: bool
    scope: tuple[tuple[str, int], ...]
    properties: tuple[PropertyReport, ...]
    taken: tuple[str, ...]
    never_taken: tuple[Part, ...] | None
    fault_sites: int
    states: int | None
    transitions: int | None
    diameter: int | None
    seconds: float
    solver_seconds: float
    tried: tuple[str, ...] = ()
    """The engines that looked for proofs, where there were several."""
    permuted: tuple[str, ...] = ()
    """The sorts of which permutations of a state were looked at, and counted, as one."""
    counts: CountsReport | None = None
    """Where an engine went from state to state."""
    unfinished: UnfinishedReport | None = None
    """Where such an engine's budget ended before it had all states."""


@dataclass(frozen=True, slots=True)
class SpecReport:
    """What was found of one file. `dead` are actions and labels that no model takes; None where some model could not tell."""

    file: str
    module: str | None
    diagnostics: tuple[Diagnostic, ...]
    models: tuple[ModelReport, ...]
    dead: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class AblationRow:
    """How what is stored of the settings of a model's switches stands: what it shows, or why it shows nothing (`why`)."""

    module: str
    model: str
    file: str
    outcome: Outcome
    stored: Stored
    what: str | None
    why: str | None

    @property
    def is_failure(self) -> bool:
        """Whether it is not as it should be."""
        return self.outcome is not Outcome.MET


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of `verify` or `gate` found. `interrupted` if it was ended before all models were checked.

    `orphans` are files with evidence for what no model expects, `changes` says what was done to stored evidence, a line each.
    """

    specs: tuple[SpecReport, ...]
    strict: bool
    interrupted: bool = False
    orphans: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    ablations: tuple[AblationRow, ...] = ()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How each property compares with its expectation, in order; then how what is stored of switches stands."""
        properties = (p.outcome for spec in self.specs for model in spec.models for p in model.properties)
        return (*properties, *(row.outcome for row in self.ablations))
