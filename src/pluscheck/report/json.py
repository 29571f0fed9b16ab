"""A report as machines read it: `report.schema.json` beside this file says what it looks like.

The same facts as the text, and nothing that differs between two runs on the same input: times are left out unless asked for.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.report.model import Outcome, Report, place_of

FORMAT = "pluscheck-report-1"
"""Named in every report; a change that a reader could trip over gets another number."""

TIMES = frozenset({"seconds", "solver_seconds"})


def report_json(report: Report, exit_code: int, *, timings: bool) -> str:
    """Return the report as JSON, keys sorted, ending in a newline."""
    data = data_of(report, timings=timings)
    data["format"] = FORMAT
    data["exit_code"] = exit_code
    data["outcomes"] = {outcome: report.outcomes.count(outcome) for outcome in Outcome}
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def data_of(value: Any, *, timings: bool) -> Any:
    """Return a value of the report as JSON has it: data classes as objects, tuples as arrays."""
    if isinstance(value, Diagnostic):
        return diagnostic_data(value)
    if is_dataclass(value):
        return {
            field.name: data_of(getattr(value, field.name), timings=timings)
            for field in fields(value)
            if timings or field.name not in TIMES
        }
    if isinstance(value, tuple):
        return [data_of(item, timings=timings) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic with its places, as JSON has it."""
    return {
        "code": str(diagnostic.code),
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "help": diagnostic.help,
        "labels": [_label(label) for label in (diagnostic.primary, *diagnostic.secondary)],
    }


def _label(label: Label) -> dict[str, Any]:
    """Return a labelled place; the first of a diagnostic's is where the caret goes."""
    return {"text": label.text, "place": data_of(place_of(label.span), timings=False)}
