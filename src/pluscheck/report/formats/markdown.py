"""A run as a table in Markdown, for a commit message, a mail or a review: it reads as well where nothing renders it.

What comes from a specification stands in code spans, in which nothing but a vertical bar and a backquote needs care. A process has a row of its own wherever it goes
on, and so has each of several changes of a step, so that most tables are no wider than the 75 columns of commit messages and mails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from textwrap import wrap

from rich.cells import cell_len

from pluscheck.report.because import headline, short
from pluscheck.report.bidi import isolated, ours, visible
from pluscheck.report.formats.lock_events import Deed, LockEvent, lock_events, other_changes
from pluscheck.report.formats.why import why
from pluscheck.report.model import Change
from pluscheck.report.story import StepView, Story

WIDTH = 75
"""Of lines in commit messages and mails."""

MOST_STEP = 28
"""How long a step is before its arguments get a row of their own."""

HEADING = ("", "who does what", "what changes")

_MARKUP = re.compile(r"[\\`*<>#|~$@]|&(?=[#\w])|!(?=\[)|^\[|\](?=[(\[:])|(?<!\w)_|_(?!\w)")
"""What could begin or end something in a sentence; brackets and underscores inside of names are left alone."""

_BLOCK = re.compile(r"^(\s*\d*)([-+=.)])(?=[-=\s]|$)")
"""What begins a list or underlines a heading where it stands at the beginning of a line."""

Row = tuple[str, str, str]


def markdown(story: Story) -> str:
    """Return the table with a heading above and the reasons below, ending in a newline."""
    about = f"{story.module}, model {story.model}: {headline(story)}"
    lines = _wrapped(ours(f"**{_sentence(about)}**"), "", "")
    if story.steps:
        lines += ["", *_table(story)]
    reasons = why(story)
    if reasons:
        lines.append("")
    for reason in reasons:
        lines += _wrapped(ours(_sentence(reason)), "- ", "  ")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, first: str, others: str) -> list[str]:
    lines = wrap(
        _BLOCK.sub(r"\1\\\2", text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    # What begins a line of its own (`- 1`, `2.`, `=`) would be a list or a heading there.
    return [lines[0], *(_BLOCK.sub(r"\1\\\2", line) for line in lines[1:])] if lines else []


def _table(story: Story) -> Iterator[str]:
    """Yield the lines of the table. The last column is not padded and its border left out, which Markdown allows."""
    number = max(len("-:"), len(str(len(story.steps))))
    names = [_sentence(lane.name) for lane in story.lanes if lane.kind]
    step = max(map(cell_len, (HEADING[1], *names, *(part for each in story.steps for part in _step(each)))))
    room = max(24, WIDTH - len("|  |  | ") - number - step)
    for cells in (HEADING, ("-" * (number - 1) + ":", "-" * step, "-" * min(room, 40)), *_rows(story, room)):
        yield f"| {cells[0]:>{number}} | {cells[1]}{' ' * (step - cell_len(cells[1]))} | {cells[2]}".rstrip()


def _rows(story: Story, room: int) -> Iterator[Row]:
    """Yield the rows: the number and the name of a step in its first row."""
    before: int | None = None
    for step, events in zip(story.steps, lock_events(story)[1:], strict=True):
        if step.lane != before and story.lanes[step.lane].kind:
            yield "", _sentence(story.lanes[step.lane].name), ""
        before = step.lane
        changed = [part for event in events for part in _event(story, step, event, room)]
        changed += [part for change in other_changes(story, step) for part in _change(change, room)]
        number = str(step.number)
        for taken, cell in zip_longest(_step(step), changed, fillvalue=""):
            yield number, taken, cell
            number = ""


def _step(step: StepView) -> tuple[str, ...]:
    """Return which step it is; if that is long, each argument for itself."""
    name = short(step.action)
    arguments = [f"{parameter} = {value}" for parameter, value in step.arguments]
    if not arguments:
        return (_code(name),)
    whole = _code(f"{name}({', '.join(arguments)})")
    return (whole,) if cell_len(whole) <= MOST_STEP else (_code(name), *map(_code, arguments))


def _event(story: Story, step: StepView, event: LockEvent, room: int) -> tuple[str, ...]:
    """Return what is done to a lock, in two parts if it is long."""
    lock = _code(story.locks[event.lock])
    mode = "" if event.mode in ("", "#") else f" ({event.mode})"
    if event.deed is Deed.WAIT:
        parts = (f"{_code(event.holder)} {event.deed.value}", lock)
        return (" ".join(parts),) if cell_len(" ".join(parts)) <= room else parts
    whose = "" if event.lane == step.lane or not event.holder else f" for {_code(event.holder)}"
    return (f"{event.deed.value} {lock}{mode}{whose}",)


def _change(change: Change, room: int) -> Iterator[str]:
    """Yield what changes, in two parts if it is long."""
    path, old, new = isolated(change.path), isolated(change.old), isolated(change.new)
    whole = _code(f"{path}: {old} → {new}")
    if cell_len(whole) <= room:
        yield whole
    else:
        yield _code(f"{path}: {old}")
        yield _code(f"→ {new}")


def _code(text: str) -> str:
    """Return text as a code span that can stand in a table: empty if it is."""
    plain = " ".join(text.split())
    if not plain:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    escaped = plain.replace("|", "\\|")
    return f"{fence}{space}{escaped}{space}{fence}"


def _sentence(text: str) -> str:
    """Return a sentence of ours that has text of a specification in it, in which nothing is markup."""
    return _MARKUP.sub(lambda match: f"\\{match[0]}", visible(" ".join(text.split())))
