"""What people read, by golden files; `UPDATE_GOLDEN=1 pytest tests/report` writes them anew, to be looked at in the diff."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import made_reports
from pluscheck.report.look import Look
from pluscheck.report.model import Outcome, Report, UnfinishedReport
from pluscheck.report.text import model_text, report_text

GOLDEN = Path(__file__).parent / "golden"

LOOKS = {
    "wide": Look(width=120),
    "pipe": Look(width=100),
    "terminal": Look(width=80, color=True, timings=True),
    "narrow": Look(width=60),
    "ascii": Look(width=80, unicode=False),
    "quiet": Look(width=80, quiet=True),
    "traces": Look(width=80, traces=True),
    "statistics": Look(width=60, unicode=False, statistics=True),
}
REPORTS = {"good": made_reports.GOOD, "bad": made_reports.BAD}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("report", REPORTS)
def test_text_is_as_it_was_approved(report: str, look: str) -> None:
    file = GOLDEN / f"{report}.{look}.txt"
    text = report_text(REPORTS[report], LOOKS[look])
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("report", REPORTS.values())
def test_no_line_is_wider_than_asked(report: Report, width: int) -> None:
    look = Look(width=width, statistics=True)
    assert max(len(line) for line in report_text(report, look).splitlines()) <= width


@pytest.mark.parametrize("report", REPORTS.values())
def test_ascii_is_ascii(report: Report) -> None:
    assert report_text(report, LOOKS["ascii"]).isascii()


def stopped(left: UnfinishedReport) -> str:
    """What is said of a search that was stopped, on one line."""
    model = replace(made_reports.PROVED, complete=False, unfinished=left)
    return " ".join(model_text(model, 10, Look(width=400)).split())


def test_a_search_that_was_stopped_says_how_far_it_was_and_what_its_estimate_rests_on() -> None:
    assert (
        "stopped: 1,000,000 looked at, 500,000 waiting, 24 bytes each (36 MB); if each level (states as many steps away) goes on to be 0.67 of "
        "the one before, there are some 990,000 more: an estimate, since levels may grow again" in stopped(UnfinishedReport(1_000_000, 500_000, 36_000_000, 987_654, 2 / 3))
    )  # fmt: skip
    assert "some 7 more" in stopped(UnfinishedReport(1, 1, 48, 7, 0.5))


def test_where_there_is_no_estimate_none_is_given() -> None:
    text = stopped(UnfinishedReport(1_000, 500, None, None, None))
    assert "stopped: 1,000 looked at, 500 waiting; no estimate of how many more there are: the levels" in text
    assert "more:" not in text
    assert "stopped" not in model_text(made_reports.PROVED, 10, Look(width=400))
    assert "bytes" not in stopped(UnfinishedReport(0, 0, 131_072, None, None))


def test_quiet_shows_nothing_of_what_is_as_expected() -> None:
    assert len(report_text(made_reports.GOOD, Look(width=200, quiet=True)).splitlines()) == 1


def test_every_outcome_that_is_not_as_expected_is_named_at_the_end() -> None:
    unmet = [
        p.name for model in made_reports.BAD.specs[0].models for p in model.properties if p.outcome is not Outcome.MET
    ]
    closing = report_text(made_reports.BAD, Look(width=200)).splitlines()[-len(unmet) :]
    assert [line.split(":")[2].split()[0] for line in closing] == unmet


def test_an_interrupted_run_says_so() -> None:
    assert "interrupted" in report_text(replace(made_reports.GOOD, interrupted=True), Look())


def test_what_an_interrupt_left_open_is_said_once() -> None:
    whole = report_text(made_reports.BAD, Look(width=200)).splitlines()
    interrupted = report_text(replace(made_reports.BAD, interrupted=True), Look(width=200)).splitlines()
    left_out = [line for line in whole if line not in interrupted and line.startswith("  ")]
    assert left_out
    assert all(line.startswith("  ? ") for line in left_out)
