"""An ablation as machines read it: `ablation.schema.json` beside this file says what it looks like."""

from __future__ import annotations

import json
from typing import Final

from pluscheck.report.ablation import AblationReport
from pluscheck.report.json import data_of

FORMAT: Final = "pluscheck-ablation-1"
"""Named in every report; a change that a reader could trip over gets another number."""


def ablation_json(report: AblationReport, exit_code: int, *, timings: bool) -> str:
    """Return the report as JSON, keys sorted, ending in a newline."""
    data = data_of(report, timings=timings)
    data["format"] = FORMAT
    data["exit_code"] = exit_code
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
