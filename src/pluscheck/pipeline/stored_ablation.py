"""Between what an ablation found and the file that keeps it; and what such a file shows, judged anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pluscheck.base.errors import InternalError
from pluscheck.core.digest import system_digest
from pluscheck.core.switches import Protection, Setting, closing, protections, with_free_switches
from pluscheck.core.system import Model, TransitionSystem
from pluscheck.engines.ablation.confirming import Confirming
from pluscheck.engines.ablation.settings import Choice, Cube, members, never
from pluscheck.evidence.verdict import Reached, Violated
from pluscheck.lang.elaborated import Elaborated
from pluscheck.pipeline.ablation import asked
from pluscheck.pipeline.ablation_telling import Told
from pluscheck.pipeline.evidence import RejectedError
from pluscheck.pipeline.settings_evidence import SettingsJudge
from pluscheck.pipeline.stored import spec_name
from pluscheck.proofs.ablation import (
    Names,
    StoredAblation,
    StoredCondition,
    StoredSafe,
    StoredStifling,
    ablation_path,
)
from pluscheck.proofs.document import StoredTrace
from pluscheck.proofs.traces import stored_trace, traces_in
from pluscheck.report.needs_text import counted_sets


class StaleError(Exception):
    """What is stored is of something else by now; the message says of what."""


def stored_ablation(found: Told, folder: Path) -> tuple[Path, StoredAblation] | None:
    """Return what is to be kept, and the file in which it belongs below `folder`; None if it is not known of every setting, or cannot be written.

    What cannot be written is that what the initial states are is not defined.
    """
    searched, judge = found.searched, found.searched.judge
    texts = [joint.text for joint in (searched.joint, *searched.stifled.values()) if joint is not None]
    if found.report.undecided is not None or len(found.witnesses) < len(found.safe) * len(searched.witnesses):
        return None
    races = {race.setting: race for race in found.races}
    conditions: list[StoredCondition] = []
    for one in searched.unsafe.shown:
        largest = one.cube.largest(len(judge.of))
        trace = one.trace
        if trace is None:
            verdict = races[largest].judged.verdict if largest in races else None
            if not isinstance(verdict, Violated | Reached):
                return None
            trace = verdict.trace
        if not trace.states:
            return None
        system = judge.concrete(largest)
        conditions.append(
            StoredCondition(
                _names(judge.of, one.cube.on), _names(judge.of, one.cube.off), one.name, stored_trace(system, trace)
            )
        )
    safe = []
    for setting in found.safe:
        runs = []
        for name in searched.witnesses:
            verdict = found.witnesses[setting, name].verdict
            if not isinstance(verdict, Reached):
                raise InternalError(f"{name} was reached without a run")
            runs.append((name, stored_trace(judge.concrete(setting), verdict.trace)))
        safe.append(StoredSafe(_names(judge.of, setting), tuple(runs)))
    order = found.report.order
    path = ablation_path(folder, judge.system.name, judge.system.model, order)
    stifling = tuple(
        [
            StoredStifling(
                name,
                tuple([(_names(judge.of, c.on), _names(judge.of, c.off)) for c in searched.reached[name].cubes]),
                joint.text,
            )
            for name, joint in searched.stifled.items()
        ]
    )
    return path, StoredAblation(
        spec=spec_name(judge.elaborated, path),
        model=judge.system.model,
        order=order,
        system=_digest(judge.system, searched.names, searched.witnesses, [n for t in texts for n in t.properties]),
        protections=_names(judge.of, (1 << len(judge.of)) - 1),
        properties=searched.names,
        witnesses=searched.witnesses,
        minimal_safe=tuple(safe),
        unsafe=tuple(conditions),
        invariant=None if searched.joint is None else searched.joint.text,
        stifling=stifling,
    )


def shown_by(file: str, stored: StoredAblation, elaborated: Elaborated, model: Model) -> str:
    """Return in words what a stored ablation shows of a model, which was lowered with open switches.

    Raises:
        StaleError: it is of another system, or of other questions.
        RejectedError, SpecError: it does not show what it claims.
    """
    system, names, witnesses = asked(model, ())
    of = protections(system)
    everything = (1 << len(of)) - 1
    invariants = [i for i in (stored.invariant, *(one.invariant for one in stored.stifling)) if i is not None]
    if (stored.spec.module, stored.model) != (system.name, system.model):
        raise StaleError(f"it is of {stored.spec.module}, model {stored.model}")
    if (stored.protections, stored.properties, stored.witnesses) != (_names(of, everything), names, witnesses):
        raise StaleError("other protections, properties or witnesses are asked about by now")
    if _digest(system, names, witnesses, [n for i in invariants for n in i.properties]) != stored.system:
        raise StaleError(f"what {system.name}, model {system.model}, means has changed since it was found")
    judge = SettingsJudge(elaborated, system, of)
    number = {p.name: i for i, p in enumerate(of)}

    def setting(on: Names) -> Setting:
        if any(name not in number for name in on):
            raise RejectedError("it names a protection that there is not")
        return sum(1 << number[name] for name in set(on))

    cubes = [Cube(setting(one.on), setting(one.off)) for one in stored.unsafe]
    if any(cube.on & cube.off for cube in cubes):
        raise RejectedError("it says of settings that there cannot be that they are unsafe")
    confirming = Confirming(system, of)
    for cube, one in zip(cubes, stored.unsafe, strict=True):
        if one.property not in names:
            raise RejectedError(f"{one.property[:80]} is not among what is not to be violated")
        _replayed(judge, confirming, cube, one)
    _judged(judge, file, stored, cubes, names)
    reached: dict[str, list[Cube]] = {}
    for each in stored.stifling:
        reached[each.witness] = [Cube(setting(on), setting(off)) for on, off in each.reached]
    minimal = _minimal(of, cubes, list(reached.values()))
    if {setting(one.on) for one in stored.minimal_safe} != minimal:
        raise RejectedError("its minimal safe sets are others than those that its conditions leave")
    for safe in stored.minimal_safe:
        if tuple(name for name, _ in safe.witnesses) != witnesses:
            raise RejectedError("a minimal safe set is without a run to each witness")
        for name, trace in safe.witnesses:
            _reached(judge, setting(safe.on), name, trace)
    for each in stored.stifling:
        joint = judge.read_back((*cubes, *reached[each.witness]), (each.witness,), each.invariant, file)
        if joint.judged is None:
            raise StaleError(f"it was not decided in time: {joint.open_}")
    sets = counted_sets(stored.sets, stored.protections, stored.order)
    if stored.order is not None:
        return f"{2 ** len(of):,} sets of {len(of)} constraints on {stored.order}, {sets}"
    return f"{2 ** len(of):,} settings of {len(of)} protections, {sets}"


def _judged(
    judge: SettingsJudge, file: str, stored: StoredAblation, cubes: Sequence[Cube], names: Sequence[str]
) -> None:
    """Raise RejectedError unless all settings outside of the cubes are shown to violate nothing."""
    if stored.invariant is None:
        choice = Choice(len(judge.of), stop=never)
        choice.without(cubes)
        if choice.some() is not None:
            raise RejectedError("nothing shows that the settings that are not unsafe are safe")
        return
    joint = judge.read_back(cubes, names, stored.invariant, file)
    if joint.judged is None:
        raise StaleError(f"it was not decided in time: {joint.open_}")


def _replayed(judge: SettingsJudge, confirming: Confirming, cube: Cube, one: StoredCondition) -> None:
    """Raise RejectedError unless the run is one in the cube's largest setting, and there is one like it in all of its settings."""
    largest = cube.largest(len(judge.of))
    is_witness = bool(judge.witnesses([one.property]))
    reason = "the part that faults is not told"
    for trace in traces_in(judge.concrete(largest), one.trace):
        try:
            judge.run(largest, one.property, Reached(trace) if is_witness else Violated(trace))
        except RejectedError as error:
            reason = str(error)
            continue
        if confirming.shows(cube, one.property, trace):
            return
        reason = "the run is not possible in all settings that it is said to be of"
    raise RejectedError(reason)


def _reached(judge: SettingsJudge, setting: Setting, name: str, stored: StoredTrace) -> None:
    """Raise RejectedError unless the run reaches the witness in a setting."""
    for trace in traces_in(judge.concrete(setting), stored):
        judge.run(setting, name, Reached(trace))


def _minimal(of: Sequence[Protection], unsafe: Sequence[Cube], reached: Sequence[Sequence[Cube]]) -> set[Setting]:
    """Return the minimal safe settings; of constraints on an order, among those that have all that follows from what they have."""
    choice = Choice(len(of), stop=never)
    for first, second, third in closing(of):
        choice.require([-first - 1, -second - 1, third + 1])
    choice.without(unsafe)
    for cubes in reached:
        choice.within(cubes)
    return set(choice.minimal())


def _names(of: Sequence[Protection], setting: Setting) -> Names:
    return tuple([of[i].name for i in members(setting)])


def _digest(system: TransitionSystem, names: Names, witnesses: Names, further: Sequence[str]) -> str:
    """Return the digest of a system in all of its settings, with what is asked about it."""
    known = {p.name for p in system.properties}
    own = [name for name in further if name in known]
    free = with_free_switches(system, protections(system))
    return system_digest(free, sorted({*names, *witnesses, *own}))
