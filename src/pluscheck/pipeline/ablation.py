"""Which protections a model needs: in which settings something is violated, in which of the others nothing can happen any more, and what is left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pluscheck.core.exprs import Lit
from pluscheck.core.switches import Protection, protections, start_depends
from pluscheck.core.system import DEADLOCK, FAULTS, Expected, Model, Property, PropertyKind, TransitionSystem
from pluscheck.engines.ablation.search import Aim, Region, regions
from pluscheck.engines.ablation.settings import Cube
from pluscheck.engines.ic3.engine import ic3
from pluscheck.engines.interface import Budget
from pluscheck.evidence.verdict import Proved, Unknown
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models, parts_of, plain_switches
from pluscheck.pipeline.ablation_telling import Searched, Told, told
from pluscheck.pipeline.needs import compared
from pluscheck.pipeline.options import DEFAULT_DEPTH, UsageError, Watcher
from pluscheck.pipeline.settings_evidence import Joint, SettingsJudge
from pluscheck.pipeline.trace_files import the_one_meant

START = "an initial state"
"""What is asked of settings besides witnesses, where some may have none."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: of which model, of which of its properties (none: all that it checks), and whether its own setting is to be repaired.

    `order` names an order whose constraints are asked about, in place of the switches. `seconds` are for all that is looked for, `memory` (in bytes) is that of the whole process.
    """

    path: Path
    model: str | None = None
    properties: tuple[str, ...] = ()
    repair: bool = False
    order: str | None = None
    seconds: float | None = None
    memory: int | None = None


def ablated(question: Question, watcher: Watcher) -> Told:
    """Return which protections of a model are needed.

    Raises:
        SpecError: the specification is wrong.
        UsageError: there is no such model or property, there are several and it is not said which, or there is nothing to switch off.
        RejectedError: what was found does not stand up to the judge.
    """
    started = time.monotonic()
    elaborated = elaborate(question.path)
    opened = opened_switches(elaborated, question.order)
    if not opened:
        others = "".join(f"; `--order {name}` asks about an order" for name in sorted(orders(elaborated))[:1])
        raise UsageError(f"there is no switch in {question.path}: nothing to switch off{others}")
    model = lower(elaborated, the_one_meant("model", question.model, models(elaborated)), open_switches=opened)
    of = protections(model.system)
    found = told(_searched(question, elaborated, model, of, watcher, started))
    # What a model says it needs is about all that it checks.
    said = None if question.properties else compared(model, found.report)
    return replace(found, report=replace(found.report, said=said))


def orders(elaborated: Elaborated) -> frozenset[str]:
    """Return the names of the orders."""
    return frozenset(name for name in elaborated.constants if parts_of(elaborated, name))


def opened_switches(elaborated: Elaborated, order: str | None) -> frozenset[str]:
    """Return the switches that are asked about: all that are not about orders, or that of an order. Raises UsageError if there is no such order."""
    if order is None:
        return plain_switches(elaborated)
    return frozenset({the_one_meant("order", order, tuple(sorted(orders(elaborated))))})


def asked(model: Model, properties: tuple[str, ...]) -> tuple[TransitionSystem, tuple[str, ...], tuple[str, ...]]:
    """Return the system that is searched, with the properties that are not to be violated and the witnesses that are to be reached. Raises UsageError.

    A witness that is asked for by name although the model expects it to be unreachable is among the first. So is, always, that nothing faults: no run goes
    on after that. Lemmas are there to help with proofs, and may fail with fewer protections: they count only if they are asked for by name.
    """
    kinds = {p.name: p.kind for p in model.system.properties}
    expected = {e.property: e.expected for e in model.expectations}
    for name in properties:
        the_one_meant("property", name, (*kinds, DEADLOCK, FAULTS))
    named = properties or tuple([n for n in expected if kinds.get(n) is not PropertyKind.LEMMA])
    witnesses = [name for name in named if kinds.get(name) is PropertyKind.WITNESS]
    unwanted = [name for name in witnesses if expected.get(name) is Expected.UNREACHABLE]
    violated = [name for name in named if name not in witnesses and name != FAULTS]
    reached = [name for name in witnesses if name not in unwanted]
    names = (*violated, *(unwanted if properties else ()), FAULTS)
    system = model.system
    if not start_depends(system):
        return system, names, tuple(reached)
    start = Property(PropertyKind.WITNESS, START, Lit(True), system.span)
    return replace(system, properties=(*system.properties, start)), names, (START, *reached)


def _searched(
    question: Question,
    elaborated: Elaborated,
    model: Model,
    of: Sequence[Protection],
    watcher: Watcher,
    started: float,
) -> Searched:
    """Return in which settings something is violated, and in which of the others each witness is reached."""
    system, names, witnesses = asked(model, question.properties)
    first = DEFAULT_DEPTH if model.depth is None else model.depth
    judge = SettingsJudge(elaborated, system, of)
    watcher.model_started(question.path.as_posix(), system.model, None)

    def of_aims(aims: Sequence[Aim]) -> tuple[Region, ...]:
        seconds = None if question.seconds is None else max(0.0, started + question.seconds - time.monotonic())
        budget = Budget(seconds=seconds, memory=question.memory)
        return regions(system, of, aims, first, ic3, budget, watcher.progress)

    (unsafe,) = of_aims([Aim(names)])
    joint, undecided = _judged(judge, unsafe, (), names)
    reached: dict[str, Region] = {}
    stifled: dict[str, Joint] = {}
    if witnesses and undecided is None:
        found = of_aims([Aim((name,), unsafe.cubes, is_shown=False) for name in witnesses])
        for name, region in zip(witnesses, found, strict=True):
            reached[name] = region
            proof, open_ = _judged(judge, region, unsafe.cubes, (name,))
            undecided = undecided or open_
            if proof is not None:
                stifled[name] = proof
    return Searched(
        question.path.as_posix(),
        judge,
        names,
        witnesses,
        unsafe,
        joint,
        reached,
        stifled,
        undecided,
        question.repair,
        started,
        question.seconds,
    )


def _judged(
    judge: SettingsJudge, region: Region, blocked: Sequence[Cube], names: Sequence[str]
) -> tuple[Joint | None, str | None]:
    """Return the proof for the settings outside of a region, if there are any and there is one, or why there is none."""
    match region.rest:
        case None:
            return None, None
        case Proved():
            joint = judge.joint((*blocked, *region.cubes), names, region.rest)
            return joint, None if joint.open_ is None else f"the proof is not judged: {joint.open_}"
        case Unknown(reason, depth):
            return None, f"{reason}, {depth} steps deep"
