"""Why a run ends as it does, in sentences: the same in a page, a mail and a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pluscheck.report.model import Answer, Kind, Reason
from pluscheck.report.story import StepView, Story


def headline(story: Story) -> str:
    """Return what was found, in one line."""
    number = len(story.steps)
    after = f"after {number} step{'' if number == 1 else 's'}" if number else "in the initial state"
    if story.kind is Kind.DEADLOCK:
        return f"deadlock {after}: nothing can happen any more"
    if story.fault is not None:
        return f"{story.fault.text} {after}"
    if story.answer is Answer.REACHED:
        return f"{story.property} is reached {after}"
    return f"{story.property} is violated {after}"


def lead(story: Story) -> str:
    """Return the headline as a sentence; a name of the specification keeps its first letter as it is."""
    text = headline(story)
    return (text if text.startswith(f"{story.property} is ") else text[:1].upper() + text[1:]) + "."


def because(story: Story) -> tuple[str, ...]:
    """Return why: which parts of the property fail and on which values, who wrote those, and what would have prevented it."""
    return (*_failing(story), *_waiting(story), *_writers(story), *_prevented(story))


def _failing(story: Story) -> Iterator[str]:
    fault = story.fault
    if fault is not None and fault.place is not None:
        what = "" if fault.step is None else f", in {said(story, fault.step)}"
        yield f"{fault.text.capitalize()} ({fault.code}) at {fault.place}{what}."
    yield from [f"{_so(text, reason)}." for text, reason in _told(story.reasons)]


def _waiting(story: Story) -> Iterator[str]:
    """Yield of a deadlock what everybody waits for who is in no circle of processes that wait for each other; a page draws these."""
    if story.kind is not Kind.DEADLOCK:
        return
    last = story.states[-1]
    in_circle = {lane for cycle in last.cycles for lane in cycle}
    for wait in last.waits:
        if wait.lane in in_circle:
            continue
        who, label = story.lanes[wait.lane].name, last.labels[wait.lane]
        at = "" if label is None else f", at {label},"
        if wait.lock is not None and wait.on:
            holders = listed([story.lanes[lane].name if lane != wait.lane else "itself" for lane in wait.on])
            yield f"{who}{at} waits for {story.locks[wait.lock]}, which {holders} hold{'s' if len(wait.on) == 1 else ''}."
            continue
        yield f"{who}{at} cannot go on: {_false(wait.reasons)}."
    if last.cycles:  # which says it all; why nothing else happens either is told beside it
        return
    for blocked in last.blocked:
        if not story.lanes[blocked.lane].kind:  # an action outside of processes, which waits for nobody
            arguments = ", ".join(f"{name} = {value}" for name, value in blocked.arguments)
            yield f"{blocked.action}{arguments and f'({arguments})'} is not possible: {_false(blocked.reasons)}."
    unsaid = sum(number for lane, number in last.unsaid if not story.lanes[lane].kind)
    if unsaid:
        yield f"Nor are {unsaid} more of their choices."


def _false(reasons: Sequence[Reason]) -> str:
    return "; ".join([_so(text, reason) for text, reason in _told(reasons)]) or "there is nothing to choose from"


def _told(reasons: Sequence[Reason]) -> Iterator[tuple[str, Reason]]:
    for reason in reasons:
        text = _text(reason)
        if text:
            yield text, reason


def _text(reason: Reason) -> str:
    return "" if reason.place is None else reason.place.text[reason.place.column - 1 :][: reason.place.width]


def _so(text: str, reason: Reason) -> str:
    """Return that something is so, the names bound and the values read, as `a = b is FALSE, with d = Deduper1, since a = 1 and b = 2`."""
    bound = ", ".join(f"{name} = {value}" for name, value in reason.bindings)
    values = listed(
        [f"{name} = {value}" for name, value in reason.values if text not in (name, f"~{name}", f"{name} = {value}")]
    )
    said = f"{text} is {'TRUE' if reason.truth else 'FALSE'}"
    return said + (f", with {bound}" if bound else "") + (f", since {values}" if values else "")


def _writers(story: Story) -> Iterator[str]:
    needed = [step for step in story.steps if step.needed]
    if needed and len(needed) < len(story.steps):
        yield f"What it depends on was written in {listed([said(story, step) for step in needed])}."


def said(story: Story, step: StepView) -> str:
    """Return a step in words: `step 14 (DirectWriter1: DioWrite, data = ones)`."""
    arguments = "".join(f", {name} = {value}" for name, value in step.arguments)
    lane = story.lanes[step.lane]
    who = f"{lane.name}: " if lane.kind else ""
    return f"step {step.number} ({who}{short(step.action)}{arguments})"


def short(action: str) -> str:
    """Return an action's name without the name of its process, which the lane tells."""
    return action.rpartition(".")[2]


def _prevented(story: Story) -> Iterator[str]:
    for protection in story.protections:
        if protection.number is None or protection.lane is None or protection.action is None:
            continue
        values = dict.fromkeys(f"{name} = {value}" for reason in protection.reasons for name, value in reason.values)
        since = f", since {listed(list(values))}" if values else ""
        who = story.lanes[protection.lane].name
        what = f"step {protection.number}, {short(protection.action)}"
        would = (
            f"{what} of {who} would have gone another way"
            if protection.diverts
            else f"{who} could not have done {what}"
        )
        yield f"With {protection.switch}, these steps do not lead there: {would}{since}."


def listed(parts: Sequence[str]) -> str:
    """Return parts as a list in words: `a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
