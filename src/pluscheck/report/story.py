"""A trace with all that a picture of it needs: lanes, locks, the truth of every property, why it went wrong and why nothing else went on.

Values and paths are text already, as in `model`, so that a page needs neither the system nor the evaluator beside it. Indices count from 0: of states (the
initial one is 0), lanes, locks, and properties; steps are numbered from 1 as in a report, and step n leads from state n-1 to state n.
"""

from __future__ import annotations

from dataclasses import dataclass

from pluscheck.report.model import Answer, Change, Kind, Place, Reason


@dataclass(frozen=True, slots=True)
class Extent:
    """A stretch of a source: `file` names one of the story's sources; lines and columns count from 1, the end is not included."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class SourceText:
    """One file of the specification, or a module of the library that it extends."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One process (`DirectWriter1`, of the kind `DirectWrite`), or, with an empty kind, what happens outside of processes."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class HoldingView:
    """One mode in which a lock is held: `S`, `X`, or `#` for holders that are only counted; `part` is the field that says so.

    `holders` are as the specification shows them, `lanes` those of them that are processes here.
    """

    part: str
    mode: str
    holders: tuple[str, ...]
    lanes: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Wait:
    """A process that cannot take its next step in a state, and the lock that keeps it from it, if it is a lock.

    `on` are the lanes that hold what it waits for: the edges of the wait-for graph.
    """

    lane: int
    lock: int | None
    on: tuple[int, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class BlockedAction:
    """Why an action of a process (or of none) is not possible in a state: the first guard that is false, with what makes it so."""

    lane: int
    action: str
    arguments: tuple[tuple[str, str], ...]
    guard: Extent | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class StateView:
    """One state. `values` are in the order of the story's `paths`, `labels` of its lanes (None outside of processes), `holdings` of its locks.

    `truths` are those of the story's properties: None where one cannot be evaluated. Those of a transition property are of the step that leads here.
    `cycles` are the cycles among `waits`, as lanes, each beginning with its least one. `unsaid` says by lane how many more choices are not possible than `blocked` has.
    """

    values: tuple[str, ...]
    labels: tuple[str | None, ...]
    truths: tuple[bool | None, ...]
    holdings: tuple[tuple[HoldingView, ...], ...]
    waits: tuple[Wait, ...]
    cycles: tuple[tuple[int, ...], ...]
    blocked: tuple[BlockedAction, ...]
    unsaid: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionView:
    """A condition that a step asks, or a conjunct of one, with its truth: that of an `if` which goes the other way is FALSE."""

    extent: Extent
    truth: bool


@dataclass(frozen=True, slots=True)
class LinesView:
    """Lines of one file, by number from 1, in order."""

    file: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """One step: who does what, where that stands, and what it changed.

    `extent` is where its text begins and, as far as it stands in one piece, ends; `lines` are all those, by file, on which something is that it went through, in macros
    and operators too; `conditions` those that it asked.
    `needed` says that the violation depends on it: that what fails there depends on something the step wrote. The others can be left out, or can be replaced
    by others, without changing why it fails.
    """

    number: int
    lane: int
    action: str
    arguments: tuple[tuple[str, str], ...]
    extent: Extent | None
    lines: tuple[LinesView, ...]
    conditions: tuple[ConditionView, ...]
    changes: tuple[Change, ...]
    needed: bool


@dataclass(frozen=True, slots=True)
class Conjunct:
    """A part of the property's formula at the end of the run: its text, and its truth (None where it cannot be evaluated)."""

    extent: Extent | None
    text: str
    truth: bool | None


@dataclass(frozen=True, slots=True)
class Protection:
    """What a switch that is off would have prevented, were it on: the first step of the run that would not have been possible, and why.

    `diverts`: the step would have been possible, but have gone another way. `number` is None if it would not have helped: the run's steps, each taken as soon as it
    is possible, lead to the same end with it as well.
    """

    switch: str
    number: int | None
    lane: int | None
    action: str | None
    guard: Extent | None
    reasons: tuple[Reason, ...]
    diverts: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """The evaluation that is not defined at the end of the run, and the step that cannot be completed for it, if it is in one."""

    code: str
    text: str
    place: Place | None
    step: StepView | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A run that violates a property or reaches a witness, with all that there is to show of it.

    `conjuncts` are the parts of the property's formula, `reasons` the smallest ones that decide it with their values. `loop` is the state to which the last one
    returns in a run that goes on forever. `says` is what the specification's comment says of the property. `digest` identifies the lowered system, `version` the tool.
    """

    module: str
    file: str
    model: str
    property: str
    kind: Kind
    answer: Answer
    judged: str | None
    engine: str
    digest: str
    version: str
    scope: tuple[tuple[str, int], ...]
    switches: tuple[tuple[str, str], ...]
    formula: Extent | None
    sources: tuple[SourceText, ...]
    lanes: tuple[Lane, ...]
    locks: tuple[str, ...]
    properties: tuple[str, ...]
    paths: tuple[str, ...]
    states: tuple[StateView, ...]
    steps: tuple[StepView, ...]
    conjuncts: tuple[Conjunct, ...]
    reasons: tuple[Reason, ...]
    protections: tuple[Protection, ...]
    fault: Fault | None = None
    loop: int | None = None
    says: str = ""
