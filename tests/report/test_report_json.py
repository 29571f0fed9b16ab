from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import made_reports
from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Source, Span
from pluscheck.report.json import report_json
from pluscheck.report.model import Report, SpecReport, UnfinishedReport

SCHEMA: dict[str, Any] = json.loads((files("pluscheck") / "report" / "report.schema.json").read_text(encoding="utf-8"))

DIAGNOSTIC = Diagnostic(
    Code.UNKNOWN_NAME,
    "there is no 'y'",
    Label(Span(Source("a.plus", "x == y\n"), 5, 6), "here"),
    help="did you mean 'x'?",
)
REJECTED = Report((SpecReport("a.plus", None, (DIAGNOSTIC,), (), ()),), strict=True, interrupted=True)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", [made_reports.GOOD, made_reports.BAD, REJECTED])
@pytest.mark.parametrize("timings", [True, False])
def test_reports_follow_the_schema(report: Report, timings: bool) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(report_json(report, 1, timings=timings)))


def test_a_search_that_was_stopped_follows_the_schema() -> None:
    for left in (UnfinishedReport(900, 100, 24_000, 2_345, 0.5), UnfinishedReport(0, 0, None, None, None)):
        (spec,) = made_reports.GOOD.specs
        model = replace(spec.models[0], states=left.looked_at + left.waiting, unfinished=left)
        report = replace(made_reports.GOOD, specs=(replace(spec, models=(model,)),))
        data = json.loads(report_json(report, 4, timings=False))
        Draft202012Validator(SCHEMA).validate(data)
        assert data["specs"][0]["models"][0]["unfinished"] == {
            "looked_at": left.looked_at, "waiting": left.waiting, "bytes_held": left.bytes_held, "more": left.more, "ratio": left.ratio,
        }  # fmt: skip


def test_times_are_only_there_if_asked_for() -> None:
    assert "seconds" not in report_json(made_reports.GOOD, 0, timings=False)
    model = json.loads(report_json(made_reports.GOOD, 0, timings=True))["specs"][0]["models"][0]
    assert (model["seconds"], model["solver_seconds"]) == (1.25, 0.75)


def test_a_diagnostic_says_where() -> None:
    data = json.loads(report_json(REJECTED, 3, timings=False))
    assert data["specs"][0]["diagnostics"][0]["labels"][0]["place"] == {
        "file": "a.plus", "line": 1, "column": 6, "width": 1, "text": "x == y",
    }  # fmt: skip


def test_outcomes_are_counted() -> None:
    data = json.loads(report_json(made_reports.BAD, 70, timings=False))
    outcomes = {"absent": 1, "drift": 0, "met": 1, "rejected": 1, "undecided": 2, "vacuous": 1, "violated": 3}
    assert data["outcomes"] == outcomes
    assert data["exit_code"] == 70
