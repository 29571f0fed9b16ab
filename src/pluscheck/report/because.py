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


def because(story: Story) -> tuple[str, ...]:
    """Return why: which parts of the property fail and on which values, who wrote those, and what would have prevented it."""
    return (*_failing(story), *_writers(story), *_prevented(story))


def _failing(story: Story) -> Iterator[str]:
    fault = story.fault
    if fault is not None and fault.place is not None:
        what = "" if fault.step is None else f", in {said(story, fault.step)}"
        yield f"{fault.text.capitalize()} at {fault.place}{what}."
    for reason in story.reasons:
        text = "" if reason.place is None else reason.place.text[reason.place.column - 1 :][: reason.place.width]
        if text and (story.answer is Answer.REACHED or not reason.truth):
            yield f"{text} is {'TRUE' if reason.truth else 'FALSE'}{_where(reason)}."


def _where(reason: Reason) -> str:
    """Return the names bound and the values read, as `, with d = Deduper1, since a = 1 and b = 2`."""
    bound = ", ".join(f"{name} = {value}" for name, value in reason.bindings)
    values = listed([f"{name} = {value}" for name, value in reason.values])
    return (f", with {bound}" if bound else "") + (f", since {values}" if values else "")


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
        yield f"With {protection.switch}, {who} could not have done step {protection.number}, {short(protection.action)}{since}."


def listed(parts: Sequence[str]) -> str:
    """Return parts as a list in words: `a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
