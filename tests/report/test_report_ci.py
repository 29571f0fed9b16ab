"""Reports for CI: each follows the format that it claims, points at the lines to blame, and is always the same.

Both schemas are public ones (see `public`); besides, a reduced one of SARIF and a table for JUnit refuse all that pluscheck has no reason to write.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import xmlschema
from jsonschema import Draft4Validator, Draft202012Validator

import made_reports
from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Source, Span
from pluscheck.report.github import annotations_text, summary_markdown
from pluscheck.report.junit import junit_text
from pluscheck.report.model import AblationRow, Outcome, Report, SpecReport, Stored
from pluscheck.report.sarif import sarif_text

SARIF = json.loads(Path(__file__).with_name("sarif-reduced.schema.json").read_text(encoding="utf-8"))

PUBLIC = Path(__file__).with_name("public")
PUBLIC_SARIF = json.loads((PUBLIC / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
PUBLIC_JUNIT = xmlschema.XMLSchema(PUBLIC / "jenkins-junit.xsd")

WRONG = Diagnostic(
    Code.UNKNOWN_NAME, "there is no\n`x`, 100%: <here>", Label(Span(Source("a b.plus", "x == y\n"), 5, 6), "here")
)
REJECTED = Report((SpecReport("a b.plus", None, (WRONG,), (), ()),), strict=False)
ORPHANED = replace(made_reports.GOOD, orphans=("proofs/Lock/m/Gone.json",))

ABLATED = replace(
    made_reports.GOOD,
    ablations=(
        AblationRow("Lock", "m", "proofs/Lock/m/switches.ablation", Outcome.MET, Stored.CHECKED, "8 settings", None),
        AblationRow("Lock", "n", "proofs/Lock/n/switches.ablation", Outcome.DRIFT, Stored.STALE, None, "out of | date"),
    ),
)

REPORTS = {
    "good": made_reports.GOOD,
    "bad": made_reports.BAD,
    "rejected": REJECTED,
    "orphaned": ORPHANED,
    "ablated": ABLATED,
}
EVERY = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def failures(report: Report) -> int:
    return sum(outcome is not Outcome.MET for outcome in report.outcomes)


# --------------------------------------------------------------------------------------------- JUnit

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "system-out"},
    "failure": set(),
    "error": set(),
    "system-out": set(),
}
ATTRIBUTES = {  # required, allowed
    "testsuites": (set(), {"name"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"time"}),
    "testcase": ({"name"}, {"classname"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}


@EVERY
@pytest.mark.parametrize("timings", [False, True])
def test_junit_is_as_its_readers_expect(report: Report, *, timings: bool) -> None:
    root = Xml.fromstring(junit_text(report, timings=timings))
    PUBLIC_JUNIT.validate(root)
    assert root.tag == "testsuites"
    for element in root.iter():
        required, allowed = ATTRIBUTES[element.tag]
        assert required <= element.attrib.keys() <= required | allowed
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        if "time" in element.attrib:
            assert timings
            assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.attrib["time"])
    for suite in root:
        for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(suite.attrib[count]) == len(list(suite.iter(tag)))


def test_the_public_schemas_refuse_what_is_wrong() -> None:
    root = Xml.fromstring(junit_text(made_reports.BAD, timings=False))
    del root[0].attrib["tests"]
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        PUBLIC_JUNIT.validate(root)
    Draft4Validator.check_schema(PUBLIC_SARIF)
    log = json.loads(sarif_text(made_reports.BAD))
    log["runs"][0]["results"][0]["level"] = "dreadful"
    assert not Draft4Validator(PUBLIC_SARIF).is_valid(log)


def test_junit_has_a_case_a_property_and_shows_the_run() -> None:
    root = Xml.fromstring(junit_text(made_reports.BAD, timings=False))
    assert len(list(root.iter("testcase"))) == len(made_reports.BAD.outcomes)
    wrong = [*root.iter("failure"), *root.iter("error")]
    assert len(wrong) == failures(made_reports.BAD)
    shown = next(f for f in wrong if f.attrib["type"] == "violated")
    assert "Adder.Take" in (shown.text or "")


def test_junit_holds_what_xml_cannot() -> None:
    odd = replace(WRONG, message="a \x00 and a \x1b")
    report = Report((SpecReport("a.plus", None, (odd,), (), ()),), strict=False)
    assert "a ? and a ?" in Xml.tostring(Xml.fromstring(junit_text(report, timings=False)), encoding="unicode")


# --------------------------------------------------------------------------------------------- SARIF


@EVERY
def test_sarif_follows_the_schema(report: Report) -> None:
    log = json.loads(sarif_text(report))
    Draft4Validator(PUBLIC_SARIF).validate(log)
    Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    assert {result["ruleId"] for result in run["results"]} == {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    diagnostics = sum(len(spec.diagnostics) for spec in report.specs)
    assert len(run["results"]) == failures(report) + diagnostics + len(report.orphans)


def test_a_violation_is_at_its_actions_line_with_the_run_as_a_code_flow() -> None:
    (run,) = json.loads(sarif_text(made_reports.BAD))["runs"]
    result = next(r for r in run["results"] if ":Mutex:" in r["message"]["text"])
    place = made_reports.STEPS[-1].place
    assert place is not None
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (place.line, place.column)
    flow = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [entry["executionOrder"] for entry in flow] == [1, 2, 3]
    assert "holder: None -> Some(Thread1)" in flow[0]["location"]["message"]["text"]


def test_a_result_is_known_again_when_lines_have_moved() -> None:
    def fingerprints(report: Report) -> list[str]:
        (run,) = json.loads(sarif_text(report))["runs"]
        return [result["partialFingerprints"]["pluscheck/v1"] for result in run["results"]]

    found = fingerprints(made_reports.BAD)
    assert len(set(found)) == len(found)
    moved = Diagnostic(WRONG.code, WRONG.message, Label(Span(Source("a b.plus", "\n\nx == y\n"), 7, 8), "here"))
    assert fingerprints(REJECTED) == fingerprints(
        Report((replace(REJECTED.specs[0], diagnostics=(moved,)),), strict=False)
    )


def test_a_file_is_a_reference() -> None:
    (run,) = json.loads(sarif_text(REJECTED))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b.plus"


# -------------------------------------------------------------------------------------------- GitHub

# The grammar of workflow commands as GitHub's documentation describes it; there is no schema of theirs.
COMMAND = re.compile(r"::(error|warning|notice) ([a-zA-Z]+=[^:,\r\n]*(,[a-zA-Z]+=[^:,\r\n]*)*)::[^\r\n]*")


@EVERY
def test_annotations_are_workflow_commands(report: Report) -> None:
    lines = annotations_text(report).splitlines()
    assert all(COMMAND.fullmatch(line) for line in lines)
    diagnostics = sum(len(spec.diagnostics) for spec in report.specs)
    dead = sum(len(spec.dead) for spec in report.specs)
    assert len(lines) == failures(report) + diagnostics + dead + len(report.orphans)


def test_what_commands_need_for_themselves_is_escaped() -> None:
    (line,) = annotations_text(REJECTED).splitlines()
    assert line == "::error file=a b.plus,line=1,col=6,endColumn=7,title=PC201::there is no%0A`x`, 100%25: <here>"


@EVERY
def test_a_summary_is_tables_in_which_nothing_is_markdown_by_accident(report: Report) -> None:
    text = summary_markdown(report)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)
    verdicts = len(report.outcomes) - len(report.ablations)
    assert len([row for row in rows if not row.startswith(("| model", "| ---"))]) == verdicts
    assert all(row.model in text for row in report.ablations)
    assert "<here>" not in text
    assert text.count("<details>") == text.count("</details>")


@EVERY
def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    for write in (sarif_text, annotations_text, summary_markdown):
        assert write(report) == write(report)
    assert junit_text(report, timings=False) == junit_text(report, timings=False)
