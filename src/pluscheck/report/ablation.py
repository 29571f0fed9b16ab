"""What an ablation found, as values: which protections a model needs, and what happens without each of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pluscheck.report.model import Kind, TraceReport


class Need(StrEnum):
    """What becomes of a model without one protection, all others on; where all together are not safe, without it of each minimal safe set that has it."""

    NEEDED = "needed"
    """Something is violated."""
    ALTERNATIVE = "one of several ways"
    """Some minimal safe sets have it, and others do not: nothing is violated if it is replaced."""
    SUPERFLUOUS = "superfluous"
    """No minimal safe set has it, and with it no safe set becomes an unsafe one."""
    HARMFUL = "makes it worse"
    """No minimal safe set has it, and there are safe sets that are not safe any more with it."""
    STIFLING = "needed to get on"
    """Nothing is violated, but a witness cannot be reached."""
    IMPLIED = "follows from others"
    """Of a constraint on an order: every minimal safe set has it, and others in them say as much."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RaceReport:
    """The shortest run to a violation with only the protections `on`: `off` are all others. It was replayed in that setting.

    `actors` are those who act in it, in the order in which they come up; `last` is the last step. `link` leads to its page, where there are pages.
    """

    on: tuple[str, ...]
    off: tuple[str, ...]
    property: str
    kind: Kind
    steps: int
    actors: tuple[str, ...]
    last: str
    trace: TraceReport
    link: str | None = None


@dataclass(frozen=True, slots=True)
class SafeReport:
    """A set of protections with which nothing is violated and every witness is reached; without any one of them that is not so, nor with fewer.

    `judged` is what that nothing is violated rests on, in this setting alone; None if there was no time to judge it apart from the others.
    `witnesses` are those whose runs were replayed in it, each with its number of steps. `follow` are those constraints of an order that follow from the others.
    """

    on: tuple[str, ...]
    off: tuple[str, ...]
    judged: str | None
    witnesses: tuple[tuple[str, int], ...]
    follow: tuple[str, ...] = ()

    @property
    def stated(self) -> tuple[str, ...]:
        """What has to be said of it: what does not follow."""
        return tuple([name for name in self.on if name not in self.follow])


@dataclass(frozen=True, slots=True)
class StifledReport:
    """A set of protections with which nothing is violated, but `witness` cannot be reached; with none of its parts that is so. `judged` is what it rests on."""

    on: tuple[str, ...]
    off: tuple[str, ...]
    witness: str
    judged: str


@dataclass(frozen=True, slots=True)
class WorseReport:
    """More protection makes it worse: `on` is safe, and with `added` it is as `race` shows, or `witness` cannot be reached any more."""

    on: tuple[str, ...]
    added: str
    race: RaceReport | None
    witness: str | None


@dataclass(frozen=True, slots=True)
class NeedReport:
    """One protection: what becomes of the model when only it is missing, with the run that shows it.

    `within` is the safe set that it is missing from (or, if it makes it worse, added to), if not all others are on. Of a constraint on an order: it is missing from a minimal safe set.
    """

    protection: str
    need: Need
    race: RaceReport | None
    witness: str | None = None
    within: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ConditionReport:
    """Whenever all of `on` are on and all of `off` are off, whatever the others are, `property` is violated by a run of so many steps."""

    on: tuple[str, ...]
    off: tuple[str, ...]
    property: str
    steps: int


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What has to be added to the protections `on` of a model: each of `additions` is enough, and no part of it is. None if it is not known, empty if nothing is."""

    on: tuple[str, ...]
    off: tuple[str, ...]
    additions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SaidReport:
    """What the model says are all minimal safe sets, of constraints with all that follow; and whether that is what was found, or None if it is not known."""

    sets: tuple[tuple[str, ...], ...]
    met: bool | None


@dataclass(frozen=True, slots=True)
class AblationReport:
    """What an ablation found of one model.

    `unsafe_where` describes the unsafe settings exactly: those of some condition, and no others (as far as `undecided` does not say otherwise).
    `monotone`: with more protections on, nothing becomes unsafe that was not. `undecided` is why not every setting is decided; `open_sets` are then
    the smallest that are not known to be unsafe: whatever is safe has all of one of them. `depth` is the number of steps within which nothing else is violated. `judged` is what it rests on that all other settings violate nothing.
    `order` names an order if its constraints are asked about, in place of switches: then only closed sets of them are told, with all that follows from what is in them.
    `questions` and `proofs` are how often a solver was asked about runs, and a prover about all settings that were left.
    """

    file: str
    module: str
    model: str
    scope: tuple[tuple[str, int], ...]
    order: str | None
    protections: tuple[str, ...]
    properties: tuple[str, ...]
    witnesses: tuple[str, ...]
    minimal_safe: tuple[SafeReport, ...]
    maximal_unsafe: tuple[RaceReport, ...]
    stifled: tuple[StifledReport, ...]
    worse: tuple[WorseReport, ...]
    needs: tuple[NeedReport, ...]
    unsafe_where: tuple[ConditionReport, ...]
    monotone: bool | None
    judged: str | None
    undecided: str | None
    open_sets: tuple[tuple[str, ...], ...]
    depth: int
    repair: RepairReport | None
    questions: int
    proofs: int
    seconds: float
    said: SaidReport | None = None
    """None if the model says nothing, or something else was asked."""
