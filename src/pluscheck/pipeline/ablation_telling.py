"""From regions of settings to what is told of them: minimal and maximal sets, each with its evidence, and what becomes of each protection."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pluscheck.base.answers import Gave
from pluscheck.base.errors import InternalError
from pluscheck.core.switches import Setting, closing, closure, own_setting
from pluscheck.engines.ablation.search import Region, Shown
from pluscheck.engines.ablation.settings import Choice, Cube, members
from pluscheck.engines.ic3.queries import StoppedError
from pluscheck.evidence.verdict import Reached, Reason, Unknown, Violated
from pluscheck.pipeline.checking import kind_and_place
from pluscheck.pipeline.evidence import Judged, RejectedError
from pluscheck.pipeline.settings_evidence import Joint, SettingsJudge
from pluscheck.report.ablation import (
    AblationReport,
    ConditionReport,
    Need,
    NeedReport,
    RaceReport,
    RepairReport,
    SafeReport,
    StifledReport,
    WorseReport,
)
from pluscheck.report.because import short
from pluscheck.report.model import TraceReport


@dataclass(frozen=True, slots=True)
class Searched:
    """What the searches have found of one model.

    `unsafe` is where one of `names` is violated; `joint` shows that nowhere else is. `reached` is where each of the `witnesses` is reached, of the settings that
    are not unsafe; `stifled` shows that nowhere else is. `undecided` is why not all of that is known.
    """

    file: str
    judge: SettingsJudge
    names: tuple[str, ...]
    witnesses: tuple[str, ...]
    unsafe: Region
    joint: Joint | None
    reached: Mapping[str, Region]
    stifled: Mapping[str, Joint]
    undecided: str | None
    repair: bool
    started: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Race:
    """A run in a setting, replayed."""

    setting: Setting
    name: str
    judged: Judged
    report: RaceReport


@dataclass(frozen=True, slots=True)
class Told:
    """What is told, and the evidence for it."""

    report: AblationReport
    searched: Searched
    races: tuple[Race, ...]
    safe: tuple[Setting, ...]
    witnesses: Mapping[tuple[Setting, str], Judged]
    """The runs to witnesses that were replayed, by safe setting and name."""

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody has ended the search."""
        searches = (self.searched.unsafe, *self.searched.reached.values())
        return any(isinstance(one.rest, Unknown) and one.rest.reason is Reason.INTERRUPTED for one in searches)


def told(searched: Searched) -> Told:
    """Return what is told of the regions. Raises RejectedError."""
    return _Teller(searched).told()


@dataclass(slots=True)
class _Teller:
    of: Searched
    races: dict[Setting, Race] = field(default_factory=dict)
    witnesses: dict[tuple[Setting, str], Judged] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many protections there are."""
        return len(self.of.judge.of)

    @property
    def everything(self) -> Setting:
        """All of them."""
        return (1 << self.number) - 1

    def names(self, setting: Setting) -> tuple[str, ...]:
        """Return the names of the protections that are on."""
        return tuple([self.of.judge.of[i].name for i in members(setting)])

    def off(self, setting: Setting) -> tuple[str, ...]:
        """Return the names of those that are off."""
        return self.names(self.everything & ~setting)

    def seconds_left(self) -> float | None:
        """Return how many seconds are left."""
        if self.of.seconds is None:
            return None
        return max(0.0, self.of.started + self.of.seconds - time.monotonic())

    def told(self) -> Told:
        """Return all there is to tell; with no time left, what is known by then."""
        of = self.of
        undecided = of.undecided
        unsafe: list[RaceReport] = []
        safe: list[Setting] = []
        safe_reports: list[SafeReport] = []
        stifled: list[StifledReport] = []
        worse: list[WorseReport] = []
        repair: RepairReport | None = None
        needs: list[NeedReport] = []
        open_sets: tuple[tuple[str, ...], ...] = ()
        try:
            if undecided is not None:
                open_sets = tuple(map(self.names, sorted(self._not_unsafe().minimal(), key=_smallest_first)))
            maximal = sorted(self._unsafe().maximal(), key=self._smallest_last)
            unsafe.extend(self.race(setting).report for setting in maximal)
            if undecided is None:
                safe += sorted(self._safe().minimal(), key=_smallest_first)
                safe_reports.extend(self._safe_report(setting) for setting in safe)
                stifled += self._stifled()
                worse += self._worse()
            needs += self._needs(safe if undecided is None else None, {one.added: one for one in worse})
            repair = self._repair() if of.repair and undecided is None else None
        except StoppedError as error:
            undecided = undecided or str(error.reason)
        system = of.judge.system
        report = AblationReport(
            file=of.file,
            module=system.name,
            model=system.model,
            scope=tuple((sort, len(atoms)) for sort, atoms in sorted(system.scope.items())),
            order=next((p.switch for p in of.judge.of if p.parts is not None), None),
            protections=self.names(self.everything),
            properties=of.names,
            witnesses=of.witnesses,
            minimal_safe=tuple(safe_reports),
            maximal_unsafe=tuple(unsafe),
            stifled=tuple(stifled),
            worse=tuple(worse),
            needs=tuple(needs),
            unsafe_where=tuple([self._condition(one) for one in of.unsafe.shown]),
            monotone=None if undecided is not None else not worse,
            judged=None if of.joint is None else of.joint.judged,
            undecided=undecided,
            open_sets=open_sets,
            depth=of.unsafe.depth,
            repair=repair,
            questions=sum(r.effort.questions for r in self._searches()),
            proofs=sum(r.effort.proofs for r in self._searches()),
            seconds=time.monotonic() - of.started,
        )
        return Told(report, of, tuple(self.races.values()), tuple(safe), self.witnesses)

    def _searches(self) -> Iterator[Region]:
        """Yield one region of each search: those of one search have their effort in common."""
        yield self.of.unsafe
        yield from list(self.of.reached.values())[:1]

    # --------------------------------------------------------------------------------------- settings

    def _smallest_last(self, setting: Setting) -> tuple[int, list[int]]:
        """Return a key that sorts settings with many protections first, and then by those that are off."""
        return _smallest_first(self.everything & ~setting)

    def _choice(self) -> Choice:
        def stop() -> Gave | None:
            return Gave.TIME if self.seconds_left() == 0 else None

        choice = Choice(self.number, stop=stop)
        for first, second, third in closing(self.of.judge.of):
            choice.require([-first - 1, -second - 1, third + 1])
        return choice

    def _unsafe(self) -> Choice:
        choice = self._choice()
        choice.within(self.of.unsafe.cubes)
        return choice

    def _not_unsafe(self) -> Choice:
        choice = self._choice()
        choice.without(self.of.unsafe.cubes)
        return choice

    def _safe(self) -> Choice:
        """Return the settings in which nothing is violated and every witness is reached."""
        choice = self._not_unsafe()
        for name in self.of.stifled:
            choice.within(self.of.reached[name].cubes)
        return choice

    def _is_in(self, cubes: Sequence[Cube], setting: Setting) -> bool:
        return any(cube.has(setting) for cube in cubes)

    def _stifling(self, setting: Setting) -> str | None:
        """Return a witness that is not reached in a setting in which nothing is violated."""
        return next((n for n in self.of.stifled if not self._is_in(self.of.reached[n].cubes, setting)), None)

    # ---------------------------------------------------------------------------------------- evidence

    def race(self, setting: Setting) -> Race:
        """Return the shortest run to a violation in an unsafe setting. Raises RejectedError."""
        if setting not in self.races:
            shown = min([one for one in self.of.unsafe.shown if one.cube.has(setting)], key=lambda one: one.steps)
            name, judged = self._run(setting, shown)
            if judged.run is None or judged.trace is None:
                raise InternalError("a run was accepted that is none")
            kind, _ = kind_and_place(self.of.judge.system, name)
            steps = len(judged.trace.steps)
            actors, last = _actors(judged.trace)
            report = RaceReport(self.names(setting), self.off(setting), name, kind, steps, actors, last, judged.trace)
            self.races[setting] = Race(setting, name, judged, report)
        return self.races[setting]

    def _run(self, setting: Setting, shown: Shown) -> tuple[str, Judged]:
        judge = self.of.judge
        is_witness = bool(judge.witnesses([shown.name]))
        if shown.trace is not None and shown.cube.largest(self.number) == setting:
            verdict = Reached(shown.trace) if is_witness else Violated(shown.trace)
            return shown.name, judge.run(setting, shown.name, verdict)
        found = judge.shortest(setting, (shown.name,), shown.steps, self.seconds_left())
        if not found:
            if self.seconds_left() == 0:
                raise StoppedError(Reason.TIME)
            raise RejectedError(f"with {', '.join(self.names(setting))} there is no run of {shown.steps} steps")
        return shown.name, found[shown.name]

    def _safe_report(self, setting: Setting) -> SafeReport:
        """Return a safe setting, judged by itself, with the witnesses that were replayed in it."""
        of = self.of
        judged = (
            None if of.joint is None or self.seconds_left() == 0 else of.judge.in_setting(of.joint, setting, of.names)
        )
        bounds = [min([one.steps for one in of.reached[name].shown if one.cube.has(setting)]) for name in of.witnesses]
        witnesses: list[tuple[str, int]] = []
        if bounds and self.seconds_left() != 0:
            found = of.judge.shortest(setting, of.witnesses, max(bounds), self.seconds_left())
            for name in of.witnesses:
                if name in found:
                    witnesses.append((name, len(_trace(found[name]).steps)))
                    self.witnesses[setting, name] = found[name]
                elif self.seconds_left() != 0:
                    raise RejectedError(f"{name} is not reached with {', '.join(self.names(setting))}")
        follow = self.names(self._following(setting))
        return SafeReport(self.names(setting), self.off(setting), judged, tuple(witnesses), follow)

    # ----------------------------------------------------------------------------------------- findings

    def _stifled(self) -> Iterator[StifledReport]:
        for name, joint in self.of.stifled.items():
            choice = self._not_unsafe()
            choice.without(self.of.reached[name].cubes)
            for setting in sorted(choice.minimal(), key=_smallest_first):
                yield StifledReport(self.names(setting), self.off(setting), name, joint.judged or "")

    def _worse(self) -> Iterator[WorseReport]:
        """Yield for each protection a smallest safe setting that is not safe any more with it, if there is one."""
        for i in range(self.number):
            bit = 1 << i
            unsafe = _without_one(self.of.unsafe.cubes, bit)
            choice = self._safe()
            choice.require([-i - 1])
            choice.within(unsafe)
            setting = next(choice.minimal(), None)
            if setting is not None:
                yield WorseReport(self.names(setting), self.of.judge.of[i].name, self.race(setting | bit).report, None)
                continue
            for name in self.of.stifled:
                choice = self._safe()
                choice.require([-i - 1])
                choice.without(unsafe)
                choice.without(_without_one(self.of.reached[name].cubes, bit))
                setting = next(choice.minimal(), None)
                if setting is not None:
                    yield WorseReport(self.names(setting), self.of.judge.of[i].name, None, name)
                    break

    def _following(self, setting: Setting) -> Setting:
        """Return those constraints of a closed set that follow from the others."""
        on = [(a, b, c) for a, b, c in closing(self.of.judge.of) if setting >> a & 1 and setting >> b & 1]
        return sum({1 << c for _, _, c in on})

    def _needs(self, safe: Sequence[Setting] | None, worse: Mapping[str, WorseReport]) -> Iterator[NeedReport]:
        """Yield what becomes of the model without each protection; `safe` are the minimal safe settings, if they are known: if there are none, nothing can be said of one alone."""
        if safe is not None and not safe:
            return
        if any(p.parts is not None for p in self.of.judge.of):
            yield from self._constraints_needed(safe)
            return
        # Where all of them together are not safe either, what happens without one as well does not say what this one is for.
        is_too_much = self._is_in(self.of.unsafe.cubes, self.everything) or self._stifling(self.everything) is not None
        for i, protection in enumerate(self.of.judge.of):
            name = protection.name
            without = self.everything & ~(1 << i)
            having = [setting for setting in safe or () if setting >> i & 1]
            if safe is None and (is_too_much or not self._is_in(self.of.unsafe.cubes, without)):
                yield NeedReport(name, Need.UNKNOWN, None)
            elif not is_too_much and not self._is_safe(without):
                yield self._missing(name, Need.NEEDED, without)
            elif having:
                need = Need.NEEDED if safe is not None and len(having) == len(safe) else Need.ALTERNATIVE
                yield self._missing(name, need, having[0] & ~(1 << i), within=having[0])
            elif name in worse:
                found = worse[name]
                yield NeedReport(name, Need.HARMFUL, found.race, found.witness, found.on)
            else:
                yield NeedReport(name, Need.SUPERFLUOUS, None)

    def _is_safe(self, setting: Setting) -> bool:
        return not self._is_in(self.of.unsafe.cubes, setting) and self._stifling(setting) is None

    def _missing(self, name: str, need: Need, without: Setting, *, within: Setting | None = None) -> NeedReport:
        """Return what becomes of a setting, which is not safe, that lacks a protection of a safe one; all are on in that, or those `within`."""
        names = None if within is None else self.names(within)
        if self._is_in(self.of.unsafe.cubes, without):
            return NeedReport(name, need, self.race(without).report, None, names)
        return NeedReport(name, Need.STIFLING if need is Need.NEEDED else need, None, self._stifling(without), names)

    def _constraints_needed(self, safe: Sequence[Setting] | None) -> Iterator[NeedReport]:
        """Yield what becomes of a minimal safe set of constraints without each of them. What one does not follow from can be left out of a closed set, which stays closed."""
        for i, constraint in enumerate(self.of.judge.of):
            having = [setting for setting in safe or () if setting >> i & 1]
            stated = next((setting for setting in having if not self._following(setting) >> i & 1), None)
            if safe is None:
                yield NeedReport(constraint.name, Need.UNKNOWN, None)
            elif not having:
                yield NeedReport(constraint.name, Need.SUPERFLUOUS, None)
            elif stated is None and len(having) == len(safe):
                yield NeedReport(constraint.name, Need.IMPLIED, None)
            elif stated is None:
                yield NeedReport(constraint.name, Need.ALTERNATIVE, None)
            else:
                need = Need.NEEDED if len(having) == len(safe) else Need.ALTERNATIVE
                within = None if len(safe) == 1 else stated
                yield self._missing(constraint.name, need, stated & ~(1 << i), within=within)

    def _repair(self) -> RepairReport:
        own = closure(self.of.judge.of, own_setting(self.of.judge.system, self.of.judge.of))
        found = sorted(self._safe().minimal(above=own), key=_smallest_first)
        additions = tuple([self.names(setting & ~own) for setting in found])
        return RepairReport(self.names(own), self.off(own), additions)

    def _condition(self, shown: Shown) -> ConditionReport:
        return ConditionReport(self.names(shown.cube.on), self.names(shown.cube.off), shown.name, shown.steps)


def _smallest_first(setting: Setting) -> tuple[int, list[int]]:
    """Return a key that sorts settings with few protections first, and then by those."""
    return setting.bit_count(), list(members(setting))


def _without_one(cubes: Sequence[Cube], bit: Setting) -> list[Cube]:
    """Return the settings that are in one of the cubes once the protection is added."""
    return [Cube(cube.on & ~bit, cube.off) for cube in cubes if not cube.off & bit]


def _trace(judged: Judged) -> TraceReport:
    if judged.trace is None:
        raise InternalError("a run was accepted that is none")
    return judged.trace


def _actors(trace: TraceReport) -> tuple[tuple[str, ...], str]:
    """Return who acts in a run, in the order in which they come up, and the last step."""
    steps = list(trace.steps)
    if trace.fault is not None and trace.fault.step is not None:
        steps.append(trace.fault.step)
    who = [step.process or step.action for step in steps]
    last = steps[-1] if steps else None
    if last is None:
        return (), ""
    arguments = "".join(f", {name} = {value}" for name, value in last.arguments)
    told = f"{short(last.action)}{arguments}"
    return tuple(dict.fromkeys(who)), f"{last.process}: {told}" if last.process else told
