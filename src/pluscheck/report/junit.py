"""A report as JUnit XML, which every CI reads: a test suite a model, a test case a property.

It follows the schema of Jenkins' xUnit plugin, the strictest of the dialects in use.
"""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from pluscheck.report.model import Outcome, Report
from pluscheck.report.plain import Item, diagnostic_place, is_failure, is_fault_of_ours, items


def junit_text(report: Report, *, timings: bool) -> str:
    """Return the report as XML, ending in a newline."""
    root = Xml.Element("testsuites", {"name": "pluscheck"})
    by_model: dict[tuple[str, str], list[Item]] = {}
    for item in items(report):
        by_model.setdefault((item.spec.file, item.model.name), []).append(item)
    for spec in report.specs:
        if spec.diagnostics:
            suite = _suite(root, spec.module or spec.file, tests=1, failures=0, errors=1, seconds=None)
            case = Xml.SubElement(suite, "testcase", {"name": "spec", "classname": spec.file})
            text = "\n".join(f"{diagnostic_place(d) or spec.file}: {d.code}: {d.message}" for d in spec.diagnostics)
            _complaint(case, "error", str(spec.diagnostics[0].code), spec.diagnostics[0].message, text)
        for model in spec.models:
            cases = by_model.get((spec.file, model.name), [])
            failures = sum(is_failure(i.row) and not is_fault_of_ours(i.row) for i in cases)
            errors = sum(is_fault_of_ours(i.row) for i in cases)
            name = f"{spec.module or spec.file}.{model.name}"
            seconds = model.seconds if timings else None
            suite = _suite(root, name, tests=len(cases), failures=failures, errors=errors, seconds=seconds)
            for item in cases:
                _case(suite, name, item)
    if report.ablations:
        wrong = sum(row.is_failure for row in report.ablations)
        suite = _suite(root, "what is needed", tests=len(report.ablations), failures=wrong, errors=0, seconds=None)
        for row in report.ablations:
            case = Xml.SubElement(
                suite, "testcase", {"name": _clean(row.file), "classname": _clean(f"{row.module}.{row.model}")}
            )
            if row.is_failure:
                _complaint(case, "failure", str(row.outcome), row.why or "", row.file)
            else:
                Xml.SubElement(case, "system-out").text = _clean(row.what or "")
    if report.orphans:
        number = len(report.orphans)
        suite = _suite(root, "stored evidence", tests=number, failures=number, errors=0, seconds=None)
        for file in report.orphans:
            case = Xml.SubElement(suite, "testcase", {"name": _clean(file), "classname": "stored evidence"})
            _complaint(case, "failure", str(Outcome.DRIFT), "no model expects anything of what this is about", file)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(
    root: Xml.Element, name: str, *, tests: int, failures: int, errors: int, seconds: float | None
) -> Xml.Element:
    """Return a new suite with its counts."""
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors)}
    time = {} if seconds is None else {"time": f"{seconds:.3f}"}
    return Xml.SubElement(root, "testsuite", {"name": _clean(name), **counts, **time})


def _case(suite: Xml.Element, owner: str, item: Item) -> None:
    """Add a property: without a complaint if it is as expected."""
    case = Xml.SubElement(suite, "testcase", {"name": _clean(item.row.name), "classname": _clean(owner)})
    if not is_failure(item.row):
        Xml.SubElement(case, "system-out").text = _clean(item.phrase)
        return
    place = f"{item.place}: " if item.place is not None else ""
    text = f"{place}{item.phrase}\n\n{item.text}".rstrip() + "\n"
    tag = "error" if is_fault_of_ours(item.row) else "failure"
    _complaint(case, tag, str(item.row.outcome), item.phrase, text)


def _complaint(case: Xml.Element, tag: str, kind: str, message: str, text: str) -> None:
    """Add what is wrong with a case."""
    Xml.SubElement(case, tag, {"type": kind, "message": _clean(message)}).text = _clean(text)


def _clean(text: str) -> str:
    """Return the text without characters that XML 1.0 cannot hold."""
    return "".join(
        c if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "?" for c in text
    )
