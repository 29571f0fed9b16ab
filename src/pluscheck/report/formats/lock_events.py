"""What a run does to locks: who acquires which, in which mode, who releases it, and who begins to wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pluscheck.report.model import Change
from pluscheck.report.story import Lane, StateView, StepView, Story


class Deed(Enum):
    """What is done to a lock."""

    ACQUIRE = "acquires"
    RELEASE = "releases"
    WAIT = "waits for"


@dataclass(frozen=True, slots=True)
class LockEvent:
    """Something that is done to a lock, by its number; `lane` is None where the holder is no process, and `holder` is empty where holders are only counted.

    `mode` is that of the holding (`S`, `X`, `#`), empty for a wait; `waiting_on` are the lanes that a wait is for.
    """

    deed: Deed
    lock: int
    lane: int | None
    holder: str
    mode: str
    waiting_on: tuple[int, ...] = ()


def lock_events(story: Story) -> tuple[tuple[LockEvent, ...], ...]:
    """Return for each state what the step that leads to it has done to locks, and who waits since then.

    Of processes that take no step, only those that wait for each other in the end are told: the others have nothing to do with the run.
    """
    if not story.states:
        return ()
    told = {step.lane for step in story.steps} | {lane for cycle in story.states[-1].cycles for lane in cycle}
    found = [tuple(_begun(story, None, story.states[0], told))]
    for before, after in zip(story.states, story.states[1:], strict=False):
        found.append((*_held(story, before, after), *_begun(story, before, after, told)))
    return tuple(found)


def _held(story: Story, before: StateView, after: StateView) -> Iterator[LockEvent]:
    """Yield what was released and then what was acquired, lock by lock."""
    for lock in range(len(story.locks)):
        old, new = _holders(story, before, lock), _holders(story, after, lock)
        for (lane, holder, mode), count in old.items():
            if new.get((lane, holder, mode), 0) < count:
                yield LockEvent(Deed.RELEASE, lock, lane, holder, mode)
        for (lane, holder, mode), count in new.items():
            if old.get((lane, holder, mode), 0) < count:
                yield LockEvent(Deed.ACQUIRE, lock, lane, holder, mode)


def _holders(story: Story, state: StateView, lock: int) -> dict[tuple[int | None, str, str], int]:
    """Return who holds a lock in which mode, and how often."""
    found: dict[tuple[int | None, str, str], int] = {}
    for holding in state.holdings[lock]:
        if not holding.holders:
            found[None, "", holding.mode] = found.get((None, "", holding.mode), 0) + holding.count
        for holder in holding.holders:
            lane = next((number for number in holding.lanes if story.lanes[number].name == holder), None)
            found[lane, holder, holding.mode] = found.get((lane, holder, holding.mode), 0) + 1
    return found


def _begun(story: Story, before: StateView | None, after: StateView, told: set[int]) -> Iterator[LockEvent]:
    """Yield the waits for locks that were not there before."""
    known = set() if before is None else {(wait.lane, wait.lock) for wait in before.waits}
    for wait in after.waits:
        if wait.lock is not None and wait.lane in told and (wait.lane, wait.lock) not in known:
            yield LockEvent(Deed.WAIT, wait.lock, wait.lane, story.lanes[wait.lane].name, "", wait.on)


def other_changes(story: Story, step: StepView) -> tuple[Change, ...]:
    """Return what a step changes beside locks and the place where its own process is, which its name tells."""
    lane = story.lanes[step.lane]
    own = (f"pc[{lane.name}]", f"{lane.kind}.pc[{_identifier(lane)}]")
    return tuple(
        change
        for change in step.changes
        if change.path not in own and not any(_is_part(change.path, lock) for lock in story.locks)
    )


def _identifier(lane: Lane) -> str:
    """Return what identifies a process among those of its kind: its name, but where two kinds share names."""
    if lane.kind and lane.name.startswith(f"{lane.kind}["):
        return lane.name.removeprefix(f"{lane.kind}[").removesuffix("]")
    return lane.name


def _is_part(path: str, whole: str) -> bool:
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))
