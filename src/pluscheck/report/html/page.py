"""The page of a trace: one file without anything to fetch, the same for the same story."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pluscheck import __version__
from pluscheck.report.because import because, headline, lead, short
from pluscheck.report.bidi import visible
from pluscheck.report.html.picture import LockBars, Segment, lock_bars, taking_part, wait_cycles
from pluscheck.report.html.setting import SettingView
from pluscheck.report.model import Answer, Kind, Outcome, Place, PropertyReport, Reason, Report, SpecReport
from pluscheck.report.short_files import short_files
from pluscheck.report.story import Extent, Story

MOST_LINES = 20_000
"""So many lines of source are shown; a page with more would not open without a pause."""

Links = Mapping[tuple[str, str, str], str]
"""The pages of single verdicts, by file, model and property."""


def trace_page(
    story: Story, attachments: Mapping[str, tuple[str, str]] | None = None, setting: SettingView | None = None
) -> str:
    """Return the page, as HTML.

    `attachments` are what else the reader may save: by what the button says (`ITF`), the name of the file and its text. `setting` is told, and led back from, if the page is one of an ablation.
    """
    given = attachments or {}
    locks = lock_bars(story)
    return (
        template_environment()
        .get_template("trace.html")
        .render(
            story=story,
            headline=headline(story),
            lead=lead(story),
            why=(*(() if setting is None else setting.shown), *because(story)),
            setting=setting,
            marked=frozenset() if setting is None else setting.marked,
            without=[protection.switch for protection in story.protections],
            cycles=wait_cycles(story),
            locks=locks,
            modes=_modes(locks),
            states=_states,
            shown=taking_part(story),
            turns=_within_turns(story) - (frozenset() if setting is None else setting.kept),
            first_false=[_first_false(story, number) for number in range(len(story.properties))],
            initial=list(zip(story.paths, story.states[0].values, strict=True)) if story.states else [],
            sources=_sources(story),
            downloads=[(name, file) for name, (file, _) in given.items()],
            attached=[(name, file, embedded(text)) for name, (file, text) in given.items()],
            data=embedded(_data(story)),
            style=asset("style.css"),
            scripts=[asset("shell.js"), asset("script.js")],
            short=short,
            truth_class=_truth_class,
            truth_mark=_truth_mark,
            truth_word=_truth_word,
        )
    )


def embedded(value: Any) -> Markup:
    """Return a value as JSON that ends no script, whatever text is in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


@cache
def template_environment() -> Environment:
    """Return what makes pages of the templates beside this file."""
    return Environment(
        loader=PackageLoader("pluscheck.report.html", "."),
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _visible(value: Any) -> Any:
    """Return what stands in a page for a value: of text that is none of our own, with nothing unseen that turns it round."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def asset(name: str) -> Markup:
    """Return the text of a file beside this one, such as the style, to stand in a page as it is."""
    return Markup((files("pluscheck.report.html") / name).read_text(encoding="utf-8"))


def _modes(locks: Sequence[LockBars]) -> list[str]:
    """Return the modes to explain: of shared and exclusive both, since each says what the other is not; who waits is written out."""
    found = {segment.mode for lock in locks for bar in lock.bars for segment in bar.segments}
    if found & {"S", "X"}:
        found |= {"S", "X"}
    return [mode for mode in ("X", "S", "#") if mode in found]


def _states(segment: Segment) -> str:
    last = segment.start + segment.length - 1
    return f"states {segment.start} to {last}" if segment.length > 1 else f"state {last}"


def _sources(story: Story) -> list[dict[str, Any]]:
    """Return the files in which something of the run stands, the specification's own first."""
    every = [*story.steps, *([story.fault.step] if story.fault is not None and story.fault.step is not None else [])]
    used = {one.file for step in every for one in step.lines}
    if story.fault is not None and story.fault.place is not None:
        used.add(story.fault.place.file)
    used |= {blocked.guard.file for state in story.states for blocked in state.blocked if blocked.guard is not None}
    if story.formula is not None:
        used.add(story.formula.file)
    return [
        {"name": source.name, "lines": source.text.split("\n")[:MOST_LINES]}
        for source in story.sources
        if source.name in used
    ]


def _within_turns(story: Story) -> frozenset[int]:
    """Return the steps that are shortened: neither the first nor the last that a process takes before another does, nor needed."""
    return frozenset(
        step.number
        for before, step, after in zip(story.steps, story.steps[1:], story.steps[2:], strict=False)
        if before.lane == step.lane == after.lane and not step.needed
    )


def _first_false(story: Story, number: int) -> int | None:
    return next((i for i, state in enumerate(story.states) if state.truths[number] is False), None)


def _data(story: Story) -> dict[str, Any]:
    """Return what the script needs: of the states only what changes, and each reason once."""
    blockings: dict[str, int] = {}
    blocked: list[list[int]] = []
    for state in story.states:
        here = []
        for one in state.blocked:
            entry = {
                "lane": one.lane,
                "action": short(one.action),
                "arguments": one.arguments,
                "guard": None if one.guard is None else _lines(one.guard),
                "reasons": [_reason(reason) for reason in one.reasons],
            }
            here.append(blockings.setdefault(json.dumps(entry), len(blockings)))
        # Ways that differ in nothing that is told, such as in a choice that never came to matter, are one to the reader.
        blocked.append(list(dict.fromkeys(here)))
    return {
        "lanes": [lane.name for lane in story.lanes],
        "paths": story.paths,
        "initial": story.states[0].values if story.states else [],
        "formula": None if story.formula is None else _lines(story.formula),
        "fault": None
        if story.fault is None or story.fault.place is None
        else _fault(story.fault.place, story.fault.text),
        "steps": [
            {
                "lane": step.lane,
                "action": short(step.action),
                "arguments": step.arguments,
                "at": None if step.extent is None else (step.extent.file, step.extent.line),
                "lines": [(one.file, one.lines) for one in step.lines],
                "conditions": [(*_lines(one.extent), one.truth) for one in step.conditions],
                "changes": [(change.path, change.new) for change in step.changes],
            }
            for step in story.steps
        ],
        "blocked": blocked,
        "unsaid": [state.unsaid for state in story.states],
        "blockings": [json.loads(text) for text in blockings],
    }


def _lines(extent: Extent) -> tuple[str, int, int]:
    """Return a file and the first and last line of a stretch of it."""
    last = extent.end_line if extent.end_column > 1 or extent.end_line == extent.line else extent.end_line - 1
    return (extent.file, extent.line, last)


def _fault(place: Place, text: str) -> tuple[str, int, int, str]:
    """Return where something is not defined, as `_lines` does, and what."""
    return (place.file, place.line, place.line, text)


def _reason(reason: Reason) -> dict[str, Any]:
    place = reason.place
    return {
        "text": "" if place is None else visible(place.text[place.column - 1 :][: place.width]),
        "truth": reason.truth,
        "bindings": reason.bindings,
        "values": reason.values,
    }


def _truth_class(truth: bool | None) -> str:
    return {True: "true", False: "false", None: "undefined"}[truth]


def _truth_mark(truth: bool | None) -> str:
    return {True: "✔", False: "✘", None: "–"}[truth]


def _truth_word(truth: bool | None) -> str:
    return {True: "TRUE", False: "FALSE", None: "not defined"}[truth]


@dataclass(frozen=True, slots=True)
class ClauseView:
    """A conjunct of an invariant as text, with its number; whether it is needed (None: nobody found out), and sentences that say what for.

    `states` are parts of a state that only it excludes, with their values there and after `step`, a step out of what the others say.
    """

    number: int
    text: str
    needed: bool | None
    excludes: tuple[str, ...]
    step: str | None = None
    states: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProofView:
    """A proof to be shown: what it is of, who found and who judged it, and the invariant that it rests on, if it rests on one.

    `says` is what the specification's comment says of the property, `switches` are the protections one by one, each with its value. `obligations` are what was
    discharged, each with its name; `clauses` the invariant's conjuncts, `with_properties` those of the specification's own that are part
    of it.
    """

    module: str
    file: str
    model: str
    property: str
    claim: str
    says: str
    formula: str
    engine: str
    judged: str
    digest: str
    scope: tuple[tuple[str, int], ...]
    switches: tuple[tuple[str, str], ...]
    obligations: tuple[tuple[str, str], ...]
    clauses: tuple[ClauseView, ...]
    with_properties: tuple[str, ...]


def proof_page(proof: ProofView) -> str:
    """Return the page of a proof, as HTML."""
    given = {field.name: getattr(proof, field.name) for field in fields(proof)}
    document = json.dumps(asdict(proof), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return (
        template_environment()
        .get_template("proof.html")
        .render(
            **given,
            attached=[("JSON", f"{proof.property}.proof.json", embedded(document))],
            version=__version__,
            style=asset("style.css"),
            scripts=[asset("shell.js")],
        )
    )


def index_page(report: Report, off: Mapping[tuple[str, str], Sequence[str]], links: Links) -> str:
    """Return the page of a whole run: of every specification what must hold in which model, and what is possible; and which protections each model is without.

    `off` has the switches that are off, by file and model.
    """
    specs = []
    shown = short_files([spec.file for spec in report.specs])
    for spec in report.specs:
        wrong = [f"{d.code}: {d.message}" for d in spec.diagnostics]
        specs.append(
            {
                "module": spec.module,
                "shown": shown[spec.file],
                "wrong": wrong,
                "claims": _claims(spec, off, links),
                "witnesses": _witnesses(spec, links),
            }
        )
    return (
        template_environment()
        .get_template("index.html")
        .render(
            summary=_summary(report),
            version=__version__,
            specs=specs,
            style=asset("style.css"),
            scripts=[asset("shell.js")],
        )
    )


def _summary(report: Report) -> str:
    """Return how the run came out; a specification that is wrong has no verdicts."""
    rows = [row.outcome for spec in report.specs for model in spec.models for row in model.properties]
    broken = sum(1 for spec in report.specs if spec.diagnostics)
    parts = [f"{sum(outcome is Outcome.MET for outcome in rows)} of {len(rows)} verdicts as expected"] if rows else []
    if broken:
        parts.append(f"{broken} specification{'' if broken == 1 else 's'} could not be checked")
    if report.interrupted:
        parts.append("interrupted")
    return ", ".join(parts) or "nothing to check"


def _claims(spec: SpecReport, off: Mapping[tuple[str, str], Sequence[str]], links: Links) -> dict[str, Any]:
    """Return what must hold: a row for each model, with the protections that it is without."""
    found = {(p.name, model.name): p for model in spec.models for p in model.properties if p.kind is not Kind.WITNESS}
    columns = list(dict.fromkeys(name for name, _ in found))
    rows = [
        {
            "model": model.name,
            "off": off.get((spec.file, model.name), ()),
            "cells": [
                _cell(found.get((name, model.name)), links.get((spec.file, model.name, name))) for name in columns
            ],
        }
        for model in spec.models
    ]
    return {"columns": columns, "rows": rows}


def _witnesses(spec: SpecReport, links: Links) -> dict[str, Any]:
    """Return what must be possible, or must not: a row for each witness, for there are many of them and few models that ask for them."""
    found = {(p.name, model.name): p for model in spec.models for p in model.properties if p.kind is Kind.WITNESS}
    models = list(dict.fromkeys(model for _, model in found))
    rows = [
        {
            "name": name,
            "cells": [_cell(found.get((name, model)), links.get((spec.file, model, name))) for model in models],
        }
        for name in dict.fromkeys(name for name, _ in found)
    ]
    return {"models": models, "rows": rows}


def _cell(row: PropertyReport | None, link: str | None) -> dict[str, Any] | None:
    if row is None:
        return None
    if row.kind is Kind.WITNESS and row.answer is Answer.BOUNDED and row.steps is not None:
        text = f"not reached in {row.steps} step{'' if row.steps == 1 else 's'}"
        return {"answer": str(row.answer), "text": text, "met": row.outcome is Outcome.MET, "link": link}
    steps = "" if row.steps is None or row.steps < 0 else f" {'in' if row.trace else 'to'} {row.steps}"
    answer = "proved unreachable" if row.kind is Kind.WITNESS and row.answer is Answer.PROVED else row.answer
    return {"answer": str(row.answer), "text": f"{answer}{steps}", "met": row.outcome is Outcome.MET, "link": link}
