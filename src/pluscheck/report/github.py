"""A report for GitHub Actions: annotations at the lines that are to blame, as workflow commands, and a summary of the step in Markdown."""

from __future__ import annotations

from pluscheck.report.model import Outcome, Place, PropertyReport, Report
from pluscheck.report.plain import diagnostic_place, is_failure, items, summary

MOST_TRACES = 20
"""How many runs are shown in full: a summary has a megabyte at most."""


def annotations_text(report: Report) -> str:
    """Return a workflow command for each thing that is wrong, a line each."""
    lines = [
        _command("error", diagnostic_place(d), spec.file, str(d.code), d.message)
        for spec in report.specs
        for d in spec.diagnostics
    ]
    lines += [
        _command(_level(item.row), item.place, item.spec.file, item.name, item.phrase)
        for item in items(report)
        if is_failure(item.row)
    ]
    lines += [
        _command("error", None, file, "stored evidence", "no model expects anything of what this is about")
        for file in report.orphans
    ]
    lines += [
        _command("error", None, row.file, f"{row.module}:{row.model}", f"what is needed: {row.why}")
        for row in report.ablations
        if row.is_failure
    ]
    lines += [
        _command("warning", part.place, spec.file, "never taken", f"{part.name} is never taken in any model")
        for spec in report.specs
        for part in spec.dead
    ]
    return "".join(f"{line}\n" for line in lines)


def summary_markdown(report: Report) -> str:
    """Return a table a spec, and the runs that show what is not as expected."""
    lines = ["## pluscheck", "", summary(report), ""]
    for spec in report.specs:
        lines += [f"### {_cell(spec.module or spec.file)}", ""]
        if spec.diagnostics:
            lines += [
                f"- `{d.code}` {_cell(d.message)} ({_cell(str(diagnostic_place(d) or spec.file))})"
                for d in spec.diagnostics
            ]
            lines.append("")
        rows = [item for item in items(report) if item.spec is spec]
        if rows:
            lines += ["| model | property | | verdict |", "| --- | --- | --- | --- |"]
            lines += [
                f"| {_cell(item.model.name)} | {_cell(item.row.name)} | {_mark(item.row)} | {_cell(item.phrase)} |"
                for item in rows
            ]
            lines.append("")
    lines += [
        f"- {_cell(f'{row.module}:{row.model}, what is needed: {row.why if row.is_failure else row.what}')}"
        for row in report.ablations
    ]
    lines += [f"- stored for nothing: {_cell(file)}" for file in report.orphans]
    lines += [f"- {_cell(change)}" for change in report.changes]
    shown = [item for item in items(report) if is_failure(item.row) and item.trace is not None]
    for item in shown[:MOST_TRACES]:
        fence = "`" * (3 + max((len(run) for run in _runs(item.text)), default=0))
        lines += [
            "",
            f"<details><summary>{_html(item.name)}</summary>",
            "",
            fence,
            item.text.rstrip("\n"),
            fence,
            "",
            "</details>",
        ]
    if len(shown) > MOST_TRACES:
        lines += ["", f"and {len(shown) - MOST_TRACES} more runs"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _level(item: PropertyReport) -> str:
    return "warning" if item.outcome is Outcome.UNDECIDED else "error"


def _command(level: str, place: Place | None, file: str, title: str, message: str) -> str:
    """Return a workflow command; what its syntax needs for itself is escaped."""
    parts = {"file": file if place is None else place.file}
    if place is not None:
        parts |= {"line": str(place.line), "col": str(place.column), "endColumn": str(place.column + place.width)}
    parts["title"] = title
    properties = ",".join(
        f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in parts.items()
    )
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _mark(item: PropertyReport) -> str:
    match item.outcome:
        case Outcome.MET:
            return ":white_check_mark:"
        case Outcome.UNDECIDED:
            return ":grey_question:"
        case _:
            return ":x:"


def _cell(text: str) -> str:
    """Return text as it reads in a cell of a table: nothing in it is Markdown or HTML."""
    escaped = _html(text)
    for sign in "\\`*_[]|~#":
        escaped = escaped.replace(sign, f"\\{sign}")
    return " ".join(escaped.split())


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _runs(text: str) -> list[str]:
    """Return the runs of backquotes in a text."""
    return [run for run in "".join(c if c == "`" else " " for c in text).split() if run]
