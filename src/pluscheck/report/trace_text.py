"""A trace as people read it: what each step changed, and why it ends as it does."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pluscheck.report.look import Look, printable, printed
from pluscheck.report.model import Change, FaultReport, Kind, Place, Reason, StepReport, TraceReport, Waiting
from pluscheck.report.pages import title

MOST_INITIAL = 160
"""How many characters of an initial state are shown."""

MARGIN = 4
"""How far a trace below a verdict is set in."""

ROOMY = 100
"""With fewer columns, an action is shown without its process's name, and what a step changes stands below it unless all of it fits beside it."""


def trace_text(name: str, kind: Kind, trace: TraceReport, look: Look) -> str:
    """Return a trace of the property of this name alone."""
    return printed([trace_lines(name, kind, trace, look)], look)


def trace_lines(name: str, kind: Kind, trace: TraceReport, look: Look) -> RenderableType:
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
        parts.extend(reason_lines(trace.reasons, look))
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
    action = max(len(step_name(step, is_short=look.width < ROOMY)) for step in steps)
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
        table.add_row(Text(str(step.number)), *process, Text(step_name(step, is_short=look.width < ROOMY)), changes)
    return table


def _steps_list(steps: tuple[StepReport, ...], look: Look) -> RenderableType:
    """Return the steps where there is no room for columns: what changes stands below each."""
    lines: list[RenderableType] = []
    width = max(4, len(str(steps[-1].number)))
    for step in steps:
        line = Text(f"{step.number:>{width}}  ")
        if step.process is not None:
            line.append(step.process, "cyan").append("  ")
        lines.append(line.append(step_name(step, is_short=look.width < ROOMY)))
        lines.extend(Padding(change, (0, 0, 0, width + 4)) for change in _changes(step, look))
    return Group(*lines)


def step_name(step: StepReport, *, is_short: bool = False) -> str:
    """Return a step's action with its arguments; in short, without the name of its kind of process, where the process is named beside it."""
    action = step.action.rpartition(".")[2] if is_short and step.process is not None else step.action
    arguments = ", ".join(f"{name} = {value}" for name, value in step.arguments)
    return f"{action}({arguments})" if arguments else action


def _changes(step: StepReport, look: Look) -> list[Text]:
    """Return a line for each change. Where the process itself goes is said last and in short: the action is named after where it was."""
    own = f"pc[{step.process}]"
    changes = [change_text(change, look) for change in step.changes if change.path != own]
    changes += [Text(f"{look.arrow} {change.new}", "dim") for change in step.changes if change.path == own]
    return changes


def change_text(change: Change, look: Look) -> Text:
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
    return Group(Text("  ").append(entry.who, "cyan").append(f"{at} waits for:"), *reason_lines(entry.reasons, look))


def reason_lines(reasons: tuple[Reason, ...], look: Look) -> list[RenderableType]:
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
