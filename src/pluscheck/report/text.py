"""A report as people read it on a terminal, in a pipe or in a log.

Every function returns text that ends in a newline (or is empty); nothing here prints, and nothing depends on the
terminal but through the `Look` that is handed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from typing import assert_never

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pluscheck.core.system import Expected
from pluscheck.report.model import (
    Answer,
    Change,
    FaultReport,
    Kind,
    ModelReport,
    Outcome,
    Part,
    Place,
    PropertyReport,
    Reason,
    Report,
    SpecReport,
    StepReport,
    TraceReport,
    Waiting,
    is_idle_lemma,
)
from pluscheck.report.pages import title

MOST_INITIAL = 160
"""How many characters of an initial state are shown."""

MARGIN = 4
"""How far a trace below a verdict is set in."""

ROOMY = 100
"""With fewer columns, an action is shown without its process's name, and what a step changes stands below it unless all of it fits beside it."""


@dataclass(frozen=True, slots=True)
class Look:
    """How text is to look.

    `unicode`: marks and arrows may be more than ASCII. `timings`: seconds are shown. `traces`: also those of expected
    violations and of witnesses. `quiet`: only what is not as expected is shown.
    """

    width: int = 100
    color: bool = False
    unicode: bool = True
    timings: bool = False
    traces: bool = False
    quiet: bool = False

    @property
    def arrow(self) -> str:
        """Between an old and a new value."""
        return "→" if self.unicode else "->"

    @property
    def dot(self) -> str:
        """Between two remarks on one line."""
        return " · " if self.unicode else "; "

    def mark(self, outcome: Outcome) -> Text:
        """Return the mark in front of a verdict; as wide for every outcome."""
        match outcome:
            case Outcome.MET:
                return Text("✓" if self.unicode else "ok  ", "green")
            case Outcome.VIOLATED | Outcome.ABSENT | Outcome.VACUOUS | Outcome.REJECTED | Outcome.DRIFT:
                return Text("✗" if self.unicode else "FAIL", "bold red")
            case Outcome.UNDECIDED:
                return Text("?" if self.unicode else "??  ", "bold yellow")
            case _:
                assert_never(outcome)


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
    for item in shown:
        lines.append(_property_line(item, model, width, look))
        lines.extend(_site_lines(item, look))
        if item.trace is not None and (look.traces or item.outcome not in (Outcome.MET, Outcome.DRIFT)):
            lines.append(Text())
            lines.append(Padding(_trace(item.name, item.kind, item.trace, look), (0, 0, 0, MARGIN)))
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
    for file in report.orphans:
        mark = Text("  ").append_text(look.mark(Outcome.DRIFT)).append(" ")
        lines.append(_row(mark, Text(f"{file}  no model expects anything of what this is about", "red")))
    return printed(lines, look)


# ---------------------------------------------------------------------------------------- one verdict


def _model_heading(model: ModelReport, look: Look) -> RenderableType:
    """Return the line above a model's verdicts: its name, its sizes, how deep it was checked."""
    remarks = [f"{sort} = {size}" for sort, size in model.scope]
    if model.depth is not None:
        remarks.append(f"depth {model.depth}")
    if model.states is not None:
        remarks.append(f"{'all ' if model.complete else ''}{counted(model.states, 'state')}")
    elif model.complete:
        remarks.append("no run is longer")
    if look.timings:
        remarks.append(f"{model.seconds:.1f} s")
    return _row(Text(f"  {model.name}  ", "bold"), Text(look.dot.join(remarks), "dim"))


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


def trace_text(name: str, kind: Kind, trace: TraceReport, look: Look) -> str:
    """Return a trace of the property of this name alone."""
    return printed([_trace(name, kind, trace, look)], look)


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


# -------------------------------------------------------------------------------------------- traces


def _trace(name: str, kind: Kind, trace: TraceReport, look: Look) -> RenderableType:
    """Return a trace: a table of its steps, and why it ends as it does."""
    parts: list[RenderableType] = []
    if trace.initial:
        parts.append(Text(f"initially {_initially(trace)}", "dim"))
    if trace.steps:
        if parts:
            parts.append(Text())
        parts.append(_steps_table(trace.steps, look) if _fit(trace.steps, look) else _steps_list(trace.steps, look))
    if trace.fault is not None:
        parts.extend(_fault(trace.fault, look))
    if trace.waiting:
        parts.append(Text("\nNothing can happen now:", "bold"))
        parts.extend(_waiting(entry, look) for entry in trace.waiting)
    if trace.reasons:
        parts.append(Text("\n" + _reasons_heading(name, kind, len(trace.steps)), "bold"))
        parts.extend(_reasons(trace.reasons, look))
    return Group(*parts)


def _initially(trace: TraceReport) -> str:
    """Return the initial state in short: all of it if that is little, else what the specification does not fix.

    Every process starts at its first label: that needs no saying.
    """
    values = [(f"{v.name} = {v.value}", v.chosen) for v in trace.initial if not v.name.startswith("pc[")]
    if sum(len(text) for text, _ in values) <= MOST_INITIAL:
        return ", ".join(text for text, _ in values)
    chosen = ", ".join(text for text, is_chosen in values if is_chosen)
    return f"{chosen}; all else as declared" if chosen else "as declared"


def _fit(steps: tuple[StepReport, ...], look: Look) -> bool:
    """Return whether a table of the steps has a line for each change, or where there is room whether or not."""
    process = max(len(step.process or "") for step in steps)
    action = max(len(_step_name(step, is_short=look.width < ROOMY)) for step in steps)
    change = max((len(line) for step in steps for line in _changes(step, look)), default=0)
    return look.width >= ROOMY or MARGIN + len("step  ") + process + 2 + action + 2 + change <= look.width


def _steps_table(steps: tuple[StepReport, ...], look: Look) -> RenderableType:
    """Return the steps as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    with_process = any(step.process is not None for step in steps)
    table.add_column("step", justify="right", no_wrap=True)
    if with_process:
        table.add_column("process", overflow="fold")
    table.add_column("action", overflow="fold", max_width=max(12, look.width // 3))
    table.add_column("what changes", overflow="fold", ratio=1)
    for step in steps:
        process = [Text(step.process or "", "cyan")] if with_process else []
        changes = Text("\n").join(_changes(step, look))
        table.add_row(Text(str(step.number)), *process, Text(_step_name(step, is_short=look.width < ROOMY)), changes)
    return table


def _steps_list(steps: tuple[StepReport, ...], look: Look) -> RenderableType:
    """Return the steps where there is no room for columns: what changes stands below each."""
    lines: list[RenderableType] = []
    width = max(4, len(str(steps[-1].number)))
    for step in steps:
        line = Text(f"{step.number:>{width}}  ")
        if step.process is not None:
            line.append(step.process, "cyan").append("  ")
        lines.append(line.append(_step_name(step, is_short=look.width < ROOMY)))
        lines.extend(Padding(change, (0, 0, 0, width + 4)) for change in _changes(step, look))
    return Group(*lines)


def _step_name(step: StepReport, *, is_short: bool = False) -> str:
    """Return a step's action with its arguments; in short, without the name of its kind of process, where the process is named beside it."""
    action = step.action.rpartition(".")[2] if is_short and step.process is not None else step.action
    arguments = ", ".join(f"{name} = {value}" for name, value in step.arguments)
    return f"{action}({arguments})" if arguments else action


def _changes(step: StepReport, look: Look) -> list[Text]:
    """Return a line for each change. Where the process itself goes is said last and in short: the action is named after where it was."""
    own = f"pc[{step.process}]"
    changes = [_change(change, look) for change in step.changes if change.path != own]
    changes += [Text(f"{look.arrow} {change.new}", "dim") for change in step.changes if change.path == own]
    return changes


def _change(change: Change, look: Look) -> Text:
    """Return one changed part of the state."""
    return Text(f"{change.path}: ").append(change.old, "dim").append(f" {look.arrow} ").append(change.new, "bold")


def _reasons_heading(name: str, kind: Kind, steps: int) -> str:
    """Return what the reasons after a trace are reasons for."""
    truth = "true" if kind is Kind.WITNESS else "false"
    where = (
        "in the initial state"
        if steps == 0
        else "of the last step"
        if kind is Kind.TRANSITION
        else f"after step {steps}"
    )
    return f"{name} is {truth} {where}:"


def _waiting(entry: Waiting, look: Look) -> RenderableType:
    """Return what one process waits for."""
    if not entry.reasons:
        return Text("  ").append(entry.who, "cyan").append(" has ended")
    at = f" at {entry.label}" if entry.label is not None else ""
    return Group(Text("  ").append(entry.who, "cyan").append(f"{at} waits for:"), *_reasons(entry.reasons, look))


def _reasons(reasons: tuple[Reason, ...], look: Look) -> list[RenderableType]:
    """Return the source lines that the reasons stand on, each once, with carets below them all and the values that they mention."""
    lines: dict[tuple[str, int] | None, list[Reason]] = {}
    for reason in reasons:
        key = None if reason.place is None else (reason.place.file, reason.place.line)
        lines.setdefault(key, []).append(reason)
    shown: list[RenderableType] = []
    for here in lines.values():
        shown.extend(_excerpt(tuple(reason.place for reason in here if reason.place is not None), look))
        choices: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        for reason in here:
            choices.setdefault(reason.bindings, {}).update(reason.values)
        if len(choices) == 1:
            shown.extend(_values((*bindings, *values.items())) for bindings, values in choices.items())
        else:
            shown.extend(_values(((_equations(b), _equations(v.items())),), sign=": ") for b, v in choices.items())
    return shown


def _fault(fault: FaultReport, look: Look) -> list[RenderableType]:
    """Return what is not defined, and in which step."""
    lines: list[RenderableType] = [Text(f"\n{fault.code}: {title(fault.code)}", "bold")]
    if fault.step is not None:
        arguments = ", ".join(f"{name} = {value}" for name, value in fault.step.arguments)
        taken = f"{fault.step.action}({arguments})" if arguments else fault.step.action
        by = f" of {fault.step.process}" if fault.step.process is not None else ""
        lines.append(Text(f"in the next step, {taken}{by}:"))
    lines.extend(_excerpt((fault.place,) if fault.place is not None else (), look))
    return lines


def _excerpt(places: tuple[Place, ...], look: Look) -> list[RenderableType]:
    """Return the source line that the places share, with carets below all of them."""
    if not places:
        return []
    first = min(places, key=lambda place: place.column)
    gutter = f"  {first.line} | "
    room = max(20, look.width - 4 - len(gutter))
    indent = min(len(first.text) - len(first.text.lstrip()), first.column - 1)
    text = printable(first.text[indent:])
    carets = [" "] * len(text)
    for place in places:
        start = place.column - 1 - indent
        carets[start : start + place.width] = "^" * place.width
    cut = 0
    if len(text) > room:  # keep the carets in sight: cut what is to the left of them
        cut = max(0, min(first.column - 1 - indent - 8, len(text) - room))
    shown = text[cut : cut + room]
    more = "…" if look.unicode else "..."
    if cut:
        shown = more + shown[len(more) :]
    if cut + room < len(text):
        shown = shown[: -len(more)] + more
    blank = " " * (len(gutter) - 2)
    below = "".join(carets).rstrip()
    return [
        Text(f"  {printable(str(first))}", "dim"),
        Text(gutter, "dim", no_wrap=True).append(shown, "none"),
        Text(f"{blank}| ", "dim", no_wrap=True).append(below[cut : cut + room] or "^", "bold red"),
    ]


def printable(text: str) -> str:
    """Return text as long, in which nothing speaks to the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def _equations(values: Iterable[tuple[str, str]]) -> str:
    """Return names with their values, on one line."""
    return ", ".join(f"{name} = {value}" for name, value in values)


def _values(values: tuple[tuple[str, str], ...], *, sign: str = " = ") -> RenderableType:
    """Return the values that an explanation mentions, aligned."""
    grid = Table.grid(padding=0)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for name, value in values:
        grid.add_row(Text(name), Text(sign).append(value, "bold"))
    return Padding(grid, (0, 0, 0, 4))


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
        Text("  ").append(_step_name(one), "cyan").append("  ").append_text(_change(change, look))
        for one in step.steps
        for change in one.changes
    ]
    return Group(
        Text("this step does not keep it, out of a state that nothing known rules out (no run need reach it):"),
        Text(f"  {where}", "dim"),
        *changes,
        *_reasons(step.reasons, look),
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
    return line.append_text(Text(look.dot).join(parts))


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


def printed(lines: list[RenderableType], look: Look) -> str:
    """Return the lines as text, wrapped to the width, without trailing blanks."""
    out = StringIO()
    console = Console(
        file=out,
        width=look.width,
        force_terminal=look.color,
        color_system="standard" if look.color else None,
        no_color=not look.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        safe_box=not look.unicode,
    )
    for line in lines:
        console.print(line)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
