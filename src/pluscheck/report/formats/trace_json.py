"""A trace as programs read it: `trace.schema.json` beside this file says what it looks like.

All that a page shows is in it, by names and not by numbers; values of the specification are text, as the language writes them. Who wants to go on with the values
themselves takes the other format, `itf`.
"""

from __future__ import annotations

import json
from typing import Any

from pluscheck.report.because import headline
from pluscheck.report.formats.why import why
from pluscheck.report.model import Place, Reason
from pluscheck.report.story import BlockedAction, Extent, Fault, Protection, StateView, StepView, Story, Wait

FORMAT = "pluscheck-trace-1"
"""Named in every document; a change that a reader could trip over gets another number."""

SPREAD = ("states", "steps")
"""The arrays that are written with an item a line: the others are short."""


def trace_json(story: Story) -> str:
    """Return the document, keys sorted, a state or step a line, ending in a newline."""
    lines = []
    for key, value in sorted(_document(story).items()):
        if key in SPREAD and value:
            rows = ",".join(f"\n    {_json(row)}" for row in value)
            lines.append(f"  {_json(key)}: [{rows}\n  ]")
        else:
            lines.append(f"  {_json(key)}: {_json(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _document(story: Story) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": story.version,
        "spec": {"file": story.file, "module": story.module},
        "model": story.model,
        "system": story.digest,
        "property": story.property,
        "kind": story.kind,
        "verdict": story.answer,
        "judged": story.judged,
        "engine": story.engine,
        "headline": headline(story),
        "because": why(story),
        "scope": dict(story.scope),
        "switches": dict(story.switches),
        "formula": _extent(story.formula),
        "processes": [{"name": lane.name, "kind": lane.kind} for lane in story.lanes if lane.kind],
        "locks": story.locks,
        "states": [_state(story, number, state) for number, state in enumerate(story.states)],
        "steps": [_step(story, step) for step in story.steps],
        "conjuncts": [{"text": c.text, "truth": c.truth, "extent": _extent(c.extent)} for c in story.conjuncts],
        "reasons": [_reason(reason) for reason in story.reasons],
        "protections": [_protection(story, protection) for protection in story.protections],
        "fault": _fault(story, story.fault),
        "loop": story.loop,
    }


def _who(story: Story, lane: int) -> str | None:
    """Return the name of a process; None for what happens outside of processes."""
    return story.lanes[lane].name if story.lanes[lane].kind else None


def _state(story: Story, number: int, state: StateView) -> dict[str, Any]:
    return {
        "number": number,
        "values": dict(zip(story.paths, state.values, strict=True)),
        "labels": {
            lane.name: label for lane, label in zip(story.lanes, state.labels, strict=True) if label is not None
        },
        "properties": dict(zip(story.properties, state.truths, strict=True)),
        "held": {
            lock: [{"part": h.part, "mode": h.mode, "holders": h.holders, "count": h.count} for h in holdings]
            for lock, holdings in zip(story.locks, state.holdings, strict=True)
            if holdings
        },
        "waits": [_wait(story, wait) for wait in state.waits],
        "cycles": [[_who(story, lane) for lane in cycle] for cycle in state.cycles],
        "blocked": [_blocked(story, blocked) for blocked in state.blocked],
        "unsaid": [{"process": _who(story, lane), "choices": number} for lane, number in state.unsaid],
    }


def _wait(story: Story, wait: Wait) -> dict[str, Any]:
    return {
        "process": _who(story, wait.lane),
        "lock": None if wait.lock is None else story.locks[wait.lock],
        "on": [_who(story, lane) for lane in wait.on],
        "reasons": [_reason(reason) for reason in wait.reasons],
    }


def _blocked(story: Story, blocked: BlockedAction) -> dict[str, Any]:
    return {
        "process": _who(story, blocked.lane),
        "action": blocked.action,
        "arguments": dict(blocked.arguments),
        "guard": _extent(blocked.guard),
        "reasons": [_reason(reason) for reason in blocked.reasons],
    }


def _step(story: Story, step: StepView) -> dict[str, Any]:
    return {
        "number": step.number,
        "process": _who(story, step.lane),
        "action": step.action,
        "arguments": dict(step.arguments),
        "extent": _extent(step.extent),
        "lines": [{"file": one.file, "lines": one.lines} for one in step.lines],
        "conditions": [{"extent": _extent(one.extent), "truth": one.truth} for one in step.conditions],
        "changes": [{"path": change.path, "old": change.old, "new": change.new} for change in step.changes],
        "needed": step.needed,
    }


def _protection(story: Story, protection: Protection) -> dict[str, Any]:
    return {
        "switch": protection.switch,
        "step": protection.number,
        "process": None if protection.lane is None else _who(story, protection.lane),
        "action": protection.action,
        "diverts": protection.diverts,
        "guard": _extent(protection.guard),
        "reasons": [_reason(reason) for reason in protection.reasons],
    }


def _fault(story: Story, fault: Fault | None) -> dict[str, Any] | None:
    if fault is None:
        return None
    step = None if fault.step is None else _step(story, fault.step)
    return {"code": fault.code, "text": fault.text, "place": _place(fault.place), "step": step}


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "place": _place(reason.place),
        "truth": reason.truth,
        "bindings": dict(reason.bindings),
        "values": dict(reason.values),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    text = place.text[place.column - 1 :][: place.width]
    return {"file": place.file, "line": place.line, "column": place.column, "text": text}


def _extent(extent: Extent | None) -> dict[str, Any] | None:
    if extent is None:
        return None
    return {
        "file": extent.file,
        "line": extent.line,
        "column": extent.column,
        "end_line": extent.end_line,
        "end_column": extent.end_column,
    }
