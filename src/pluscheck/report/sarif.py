"""A report as SARIF 2.1.0 (OASIS, 2020), for code scanning: what is wrong at its place in the spec, the run that shows it as a code flow.

Only what is not as it should be is a result; a model's expected violations are none.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pluscheck import __version__
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.report.model import AblationRow, Outcome, Place, Report, StepReport, TraceReport
from pluscheck.report.pages import title
from pluscheck.report.plain import Item, diagnostic_place, is_failure, items

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_RULES = {
    Outcome.VIOLATED: "A property does not hold, or a model needs other protections than it says",
    Outcome.ABSENT: "A violation was expected, and there is none",
    Outcome.VACUOUS: "A witness is not reached",
    Outcome.UNDECIDED: "Neither holds nor is violated, as far as is known",
    Outcome.REJECTED: "Evidence of an engine does not check: a fault of pluscheck",
    Outcome.DRIFT: "Stored evidence does not fit what is expected",
}


def sarif_text(report: Report) -> str:
    """Return the report as SARIF, keys sorted, ending in a newline."""
    results = [_diagnosed(d, spec.file) for spec in report.specs for d in spec.diagnostics]
    results += [_found(item) for item in items(report) if is_failure(item.row)]
    results += [_ablation(row) for row in report.ablations if row.is_failure]
    results += [_orphan(file) for file in report.orphans]
    rules = {str(outcome): text for outcome, text in _RULES.items()}
    rules |= {str(d.code): title(d.code) for spec in report.specs for d in spec.diagnostics}
    used = {result["ruleId"] for result in results}
    driver = {
        "name": "pluscheck",
        "semanticVersion": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": rules[rule]}} for rule in sorted(used)],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _found(item: Item) -> dict[str, Any]:
    """Return a result for a property that is not as it should be."""
    text = f"{item.name}: {item.phrase}"
    result = _result(str(item.row.outcome), text, item.place, item.spec.file, item.name)
    if item.row.outcome is Outcome.UNDECIDED:
        result["level"] = "warning"
    if item.trace is not None:
        flow = _flow(item.trace, item.spec.file)
        if flow:
            result["codeFlows"] = [{"message": {"text": "the shortest run"}, "threadFlows": [{"locations": flow}]}]
    return result


def _flow(trace: TraceReport, file: str) -> list[dict[str, Any]]:
    """Return where each step of a run is, and what it changes."""
    flow = [
        {"location": _location(step.place, file, _step(step)), "executionOrder": number}
        for number, step in enumerate(trace.steps, 1)
    ]
    if trace.fault is not None:
        text = f"{trace.fault.code}: {title(trace.fault.code)}"
        flow.append({"location": _location(trace.fault.place, file, text), "executionOrder": len(flow) + 1})
    return flow


def _step(step: StepReport) -> str:
    """Return what a step does, in words."""
    arguments = ", ".join(f"{name} = {value}" for name, value in step.arguments)
    who = f"{step.process}: " if step.process is not None else ""
    changes = "; ".join(f"{c.path}: {c.old} -> {c.new}" for c in step.changes)
    return (
        f"{step.number}. {who}{step.action}"
        + (f"({arguments})" if arguments else "")
        + (f" | {changes}" if changes else "")
    )


def _diagnosed(diagnostic: Diagnostic, file: str) -> dict[str, Any]:
    """Return a result for what is wrong with a spec itself."""
    place = diagnostic_place(diagnostic)
    return _result(str(diagnostic.code), diagnostic.message, place, file, f"{diagnostic.code}:{diagnostic.message}")


def _ablation(row: AblationRow) -> dict[str, Any]:
    """Return a result for what is stored of a model's switches, or of an order."""
    text = f"{row.module}:{row.model}, what is needed: {row.why}"
    return _result(str(row.outcome), text, None, row.file, row.file)


def _orphan(file: str) -> dict[str, Any]:
    """Return a result for stored evidence that is of nothing."""
    return _result(str(Outcome.DRIFT), "no model expects anything of what this is about", None, file, file)


def _result(rule: str, text: str, place: Place | None, file: str, identity: str) -> dict[str, Any]:
    """Return a result; it is known again by its rule and identity, wherever lines have moved."""
    fingerprint = hashlib.sha256(f"{rule}\n{identity}".encode()).hexdigest()[:32]
    return {
        "ruleId": rule,
        "level": "error",
        "message": {"text": text},
        "locations": [_location(place, file, None)],
        "partialFingerprints": {"pluscheck/v1": fingerprint},
    }


def _location(place: Place | None, file: str, text: str | None) -> dict[str, Any]:
    """Return a place; without one, the file."""
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file if place is None else place.file)}}
    if place is not None:
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + place.width,
            "snippet": {"text": place.text},
        }
    return {"physicalLocation": physical} | ({} if text is None else {"message": {"text": text}})


def _uri(file: str) -> str:
    """Return a file as a reference: relative to where pluscheck was run, or the whole of an absolute path."""
    return Path(file).as_uri() if Path(file).is_absolute() else quote(file)
