"""A report as people read it on a terminal, in a pipe or in a log.

Every function returns text that ends in a newline (or is empty); nothing here prints, and nothing depends on the
terminal but through the `Look` that is handed in.
"""

from __future__ import annotations

from collections import Counter
from typing import assert_never

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pluscheck.core.system import Expected
from pluscheck.report.look import Look, printed
from pluscheck.report.model import (
    Answer,
    Kind,
    ModelReport,
    Outcome,
    Part,
    PropertyReport,
    Report,
    SpecReport,
    TraceReport,
    UnfinishedReport,
    is_idle_lemma,
)
from pluscheck.report.pages import title
from pluscheck.report.trace_text import MARGIN, change_text, reason_lines, step_name, trace_lines


def report_text(report: Report, look: Look) -> str:
    """Return the whole report."""
    blocks = []
    for spec in report.specs:
        blocks.append(spec_heading(spec.file, look))
        width = name_width(tuple(p.name for model in spec.models for p in model.properties))
        blocks.extend(model_text(model, width, look) for model in spec.models)
    return "".join(blocks) + summary_text(report, look)


def name_width(names: tuple[str, ...]) -> int:
    """Return how wide the column of property names is; a very long name does not push all the others away."""
    return min(max((len(name) for name in names), default=0), 32)


def spec_heading(file: str, look: Look) -> str:
    """Return the line above a spec's models."""
    return "" if look.quiet else printed([Text(file, "bold"), Text()], look)


def model_text(model: ModelReport, width: int, look: Look) -> str:
    """Return a model's verdicts, a line each, and the trace of each violation that was not expected. `width` is that of the names."""
    shown = [p for p in model.properties if not look.quiet or p.outcome is not Outcome.MET]
    if look.quiet and not shown:
        return ""
    lines: list[RenderableType] = [_model_heading(model, look)]
    if model.unfinished is not None:
        lines.append(_row(Text("    "), Text(_so_far(model.unfinished), "yellow")))
    if look.statistics:
        lines.extend(_statistics(model, look))
    for item in shown:
        lines.append(_property_line(item, model, width, look))
        lines.extend(_site_lines(item, look))
        if item.trace is not None and (look.traces or item.outcome not in (Outcome.MET, Outcome.DRIFT)):
            lines.append(Text())
            lines.append(Padding(trace_lines(item.name, item.kind, item.trace, look), (0, 0, 0, MARGIN)))
            lines.append(Text())
    if not (isinstance(lines[-1], Text) and not lines[-1].plain):
        lines.append(Text())
    return printed(lines, look)


def summary_text(report: Report, look: Look) -> str:
    """Return the warnings and the closing lines of a run: each verdict that is not as expected once more.

    Of an interrupted run not those that the interrupt left open: they are right above, and no news.
    """
    lines: list[RenderableType] = []
    for spec in report.specs:
        if spec.dead:
            lines.append(_dead_line(spec, strict=report.strict))
            lines.extend(_row(Text("    "), Text(_where(part))) for part in spec.dead)
            lines.append(Text())
    lines.extend(_lemma_lines(report, look))
    lines.extend(_ablation_lines(report, look))
    lines.extend(Text(change) for change in report.changes)
    if report.changes:
        lines.append(Text())
    failed = [
        (spec, model, p)
        for spec in report.specs
        for model in spec.models
        for p in model.properties
        if p.outcome is not Outcome.MET and not (report.interrupted and p.outcome is Outcome.UNDECIDED)
    ]
    lines.append(_closing_line(report, look))
    for spec, model, item in failed:
        name = Text(f"{spec.module or spec.file}:{model.name}:{item.name}  ")
        mark = Text("  ").append_text(look.mark(item.outcome)).append(" ")
        lines.append(_row(mark, name.append_text(phrase(item, model, look))))
    for row in report.ablations:
        if row.outcome is not Outcome.MET:
            mark = Text("  ").append_text(look.mark(row.outcome)).append(" ")
            lines.append(_row(mark, Text(f"{row.module}:{row.model}, what is needed  {row.why}", "red")))
    for file in report.orphans:
        mark = Text("  ").append_text(look.mark(Outcome.DRIFT)).append(" ")
        lines.append(_row(mark, Text(f"{file}  no model expects anything of what this is about", "red")))
    return printed(lines, look)


def _ablation_lines(report: Report, look: Look) -> list[RenderableType]:
    """Return a line for what is stored of the switches of each model, where it is as it should be."""
    shown = [row for row in report.ablations if row.outcome is Outcome.MET and not look.quiet]
    lines: list[RenderableType] = []
    for row in shown:
        mark = Text("    ").append_text(look.mark(row.outcome)).append(" ")
        lines.append(_row(mark, Text(f"{row.module}:{row.model}, what is needed  {row.what}")))
    return [*lines, Text()] if lines else []


# ---------------------------------------------------------------------------------------- one verdict


def _model_heading(model: ModelReport, look: Look) -> RenderableType:
    """Return the line above a model's verdicts: its name, its sizes, how deep it was checked."""
    remarks = [f"{sort} = {size}" for sort, size in model.scope]
    if model.depth is not None:
        remarks.append(f"depth {model.depth}")
    if model.states is not None:
        upto = f" up to permutations of {', '.join(model.permuted)}" if model.permuted else ""
        remarks.append(f"{'all ' if model.complete else ''}{counted(model.states, 'state')}{upto}")
    elif model.complete:
        remarks.append("no run is longer")
    if look.timings:
        remarks.append(f"{model.seconds:.1f} s")
    return _row(Text(f"  {model.name}  ", "bold"), Text(look.dot.join(remarks), "dim"))


def _so_far(search: UnfinishedReport) -> str:
    """Return how far a search was when its budget ended, and what is left if it would have gone on as it did."""
    found = search.looked_at + search.waiting
    text = f"stopped: {search.looked_at:,} looked at, {search.waiting:,} waiting"
    if search.bytes_held is not None and found:
        text += f", {search.bytes_held / found:.0f} bytes each ({_megabytes(search.bytes_held)})"
    if search.more is None or search.ratio is None:
        return (
            f"{text}; no estimate of how many more there are: the levels (states as many steps away) are not shrinking"
        )
    return (
        f"{text}; if each level (states as many steps away) goes on to be {search.ratio:.2f} of the one before, there are some "
        f"{_rough(search.more)} more: an estimate, since levels may grow again"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB" if size >= 1_000_000 else "under 1 MB"


def _rough(number: int) -> str:
    """Return a number of which no more than two digits are meant."""
    places = max(0, len(str(number)) - 2)
    return f"{round(number, -places):,}"


def _statistics(model: ModelReport, look: Look) -> list[RenderableType]:
    """Return what was counted in the states that were looked at, and how many steps are whose."""
    counts = model.counts
    if counts is None or model.states is None or model.transitions is None:
        return [_row(Text("    "), Text("nothing was counted: `--engine native` goes from state to state", "dim"))]
    average = f", {model.transitions / model.states:.1f} on average" if model.states else ""
    remarks = [
        counted(model.states, "distinct state"),
        counted(model.transitions, "step"),
        f"at most {counts.most_steps} out of a state{average}",
        f"{counts.stuck:,} without any",
    ]
    if model.diameter is not None:
        remarks.append(f"diameter {model.diameter}")
    lines = [_row(Text("    "), Text(look.dot.join(remarks), "dim"))]
    width = max((len(action.name) for action in counts.actions), default=0)
    for action in counts.actions:
        steps = f"{action.steps:,}" if action.steps else "never"
        lines.append(
            _row(Text(f"      {action.name.ljust(width)}  "), Text(steps, "dim" if action.steps else "yellow"))
        )
    return lines


def _property_line(item: PropertyReport, model: ModelReport, width: int, look: Look) -> RenderableType:
    """Return a verdict's line; where it does not fit, it goes on below itself."""
    grid = Table.grid(padding=0, pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=look.width >= 2 * width, overflow="fold", min_width=min(width, look.width // 2))
    grid.add_column(overflow="fold")
    mark = Text("    ").append_text(look.mark(item.outcome)).append(" ")
    grid.add_row(mark, Text(item.name), Text("  ").append_text(phrase(item, model, look)))
    return grid


def phrase(item: PropertyReport, model: ModelReport, look: Look) -> Text:
    """Return what a verdict says and what it rests on, in colour."""
    remarks = [_answer(item)]
    if item.answer is Answer.PROVED and item.engine is not None:
        remarks[0] += f" by {item.engine}"
    if item.answer is Answer.VIOLATED and item.outcome is Outcome.MET:
        remarks[0] += ", as expected"
    if item.judged is not None:
        remarks.append(item.judged)
    if item.kind is Kind.FAULTS and item.answer in (Answer.BOUNDED, Answer.PROVED):
        remarks.append(counted(model.fault_sites, "place") if model.fault_sites else "nothing can fault")
    if item.why is not None:
        remarks.append(item.why)
    return Text(look.dot.join(remarks), _color(item.outcome))


def _color(outcome: Outcome) -> str:
    """Return the style of a verdict's text."""
    match outcome:
        case Outcome.MET:
            return ""
        case Outcome.UNDECIDED:
            return "yellow"
        case _:
            return "red"


def _answer(item: PropertyReport) -> str:
    """Return the verdict alone."""
    steps = item.steps if item.steps is not None else -1
    match item.answer:
        case Answer.PROVED:
            return "proved unreachable" if item.kind is Kind.WITNESS else "proved"
        case Answer.BOUNDED:
            if item.kind is Kind.WITNESS:
                as_expected = ", as expected" if item.outcome is Outcome.MET else ""
                return f"not reached in {counted(steps, 'step')}{as_expected}"
            return f"bounded {steps}"
        case Answer.VIOLATED:
            return f"violated in {counted(steps, 'step')}" if steps else "violated in the initial state"
        case Answer.REACHED:
            return f"reached in {counted(steps, 'step')}" if steps else "reached in the initial state"
        case Answer.UNKNOWN:
            so_far = f"nothing found in {counted(steps, 'step')}" if steps >= 0 else "nothing checked yet"
            return f"unknown: {item.reason}, {so_far}"
        case Answer.REJECTED:
            return f"evidence rejected: {item.reason}"
        case _:
            assert_never(item.answer)


def _site_lines(item: PropertyReport, look: Look) -> list[RenderableType]:
    """Return a line for each place that faults, if the property is the one of faults."""
    return [
        _row(
            Text("      "),
            Text(
                f"{site.code} {title(site.code)}{look.dot}{site.place or 'no place'}{look.dot}"
                f"in {counted(site.steps, 'step')}"
            ),
        )
        for site in item.sites
    ]


def _row(start: Text, text: Text) -> RenderableType:
    """Return a line that, where it does not fit, goes on below the text and not below its start."""
    grid = Table.grid(padding=0, pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(start, text)
    return grid


# -------------------------------------------------------------------------------------------- summary


def _dead_line(spec: SpecReport, *, strict: bool) -> Text:
    """Return the heading of what no model of a spec ever takes."""
    word = Text("error: " if strict else "warning: ", "bold red" if strict else "bold yellow")
    return word.append(f"{spec.file}: never taken in any model", "bold")


def _lemma_lines(report: Report, look: Look) -> list[RenderableType]:
    """Return a warning for each lemma that was no help, with the models where it was tried, and a step that does not keep it."""
    lines: list[RenderableType] = []
    for spec in report.specs:
        idle: dict[str, list[tuple[str, PropertyReport]]] = {}
        for model in spec.models:
            for item in model.properties:
                if is_idle_lemma(item) and model.tried:
                    idle.setdefault(item.name, []).append((model.name, item))
        for name, tried in idle.items():
            place = tried[0][1].place
            word = Text("warning: ", "bold yellow").append(f"{place or spec.file}: ", "bold")
            models = ", ".join(model for model, _ in tried)
            lines.append(_row(word, Text(f"the lemma {name} is no part of a proof in {models}")))
            unkept = next((item.unkept for _, item in tried if item.unkept is not None), None)
            if unkept is None:
                lines.append(
                    _row(Text("    "), Text("no step was found that does not keep it, and no proof that all do"))
                )
            else:
                lines.append(Padding(_unkept(unkept, look), (0, 0, 0, 4)))
            lines.append(Text())
    return lines


def _unkept(step: TraceReport, look: Look) -> RenderableType:
    """Return the step that does not keep a lemma."""
    where = ", ".join(f"{part.name} = {part.value}" for part in step.initial)
    changes = [
        Text("  ").append(step_name(one), "cyan").append("  ").append_text(change_text(change, look))
        for one in step.steps
        for change in one.changes
    ]
    return Group(
        Text("this step does not keep it, out of a state that nothing known rules out (no run need reach it):"),
        Text(f"  {where}", "dim"),
        *changes,
        *reason_lines(step.reasons, look),
    )


def _where(part: Part) -> str:
    """Return an action or label with its place."""
    return part.name if part.place is None else f"{part.name}  {part.place}"


def _closing_line(report: Report, look: Look) -> Text:
    """Return how many properties were checked, how they came out and what the good ones rest on."""
    properties = [p for spec in report.specs for model in spec.models for p in model.properties]
    met = [p for p in properties if p.outcome is Outcome.MET]
    models = sum(len(spec.models) for spec in report.specs)
    broken = sum(1 for spec in report.specs if spec.diagnostics)
    line = Text(
        f"{counted(len(report.specs), 'spec')}, {counted(models, 'model')}, {counted(len(properties), 'property')}: "
    )
    parts: list[Text] = []
    if met:
        rests = Counter(_met_word(p) for p in met)
        detail = ", ".join(f"{number} {word}" for word, number in sorted(rests.items(), key=lambda item: item[0]))
        parts.append(Text(f"{len(met)} as expected ({detail})", "green" if len(met) == len(properties) else ""))
    others: Counter[Outcome] = Counter(p.outcome for p in properties if p.outcome is not Outcome.MET)
    parts.extend(Text(f"{others[o]} {_unmet_word(o)}", _color(o)) for o in Outcome if others[o])
    if broken:
        parts.append(Text(f"{counted(broken, 'spec')} could not be checked", "red"))
    if report.interrupted:
        parts.append(Text("interrupted", "yellow"))
    if not parts:
        parts.append(Text("nothing to check"))
    line.append_text(Text(look.dot).join(parts))
    return line.append(f"; {answers_text(report)}") if report.ablations else line


def answers_text(report: Report) -> str:
    """Return how many answers about what is needed are stored, or should be, and how they came out."""
    met = sum(not row.is_failure for row in report.ablations)
    others = len(report.ablations) - met
    came_out = ([f"{met} as expected"] if met else []) + ([f"{others} not"] if others else [])
    return f"{counted(len(report.ablations), 'answer')} of ablate: {', '.join(came_out)}"


def _met_word(item: PropertyReport) -> str:
    """Return what a met expectation rests on, for counting."""
    if item.answer is Answer.BOUNDED and item.expected is Expected.UNREACHABLE:
        return "not reached"
    return str(item.answer)


def _unmet_word(outcome: Outcome) -> str:
    """Return how an unmet expectation is counted."""
    match outcome:
        case Outcome.ABSENT:
            return "without the violation expected"
        case Outcome.REJECTED:
            return "with evidence that does not check"
        case Outcome.DRIFT:
            return "without evidence stored for it"
        case _:
            return str(outcome)


def counted(number: int, noun: str) -> str:
    """Return `1 step`, `2 steps`, `1,234 properties`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"
