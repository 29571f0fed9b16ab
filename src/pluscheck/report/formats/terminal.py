"""A run as people read it on a terminal: who did what and who held what as a picture of letters, every step, and why it ends as it does."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pluscheck.report.because import headline
from pluscheck.report.formats.why import why
from pluscheck.report.html.picture import Segment, lock_bars
from pluscheck.report.look import Look, printable, printed
from pluscheck.report.model import TraceReport
from pluscheck.report.story import Story
from pluscheck.report.trace_text import trace_text

MOST_LABEL = 24
"""How wide the names beside the picture are; longer ones are cut."""

HEADING = "after step"

MOST_STATES = 200
"""A longer run is told step by step only: nobody reads a picture of letters that goes on for pages."""

_STYLES = {"S": "cyan", "X": "magenta", "#": "cyan", "wait": "yellow"}


def run_text(story: Story, trace: TraceReport, look: Look) -> str:
    """Return everything that there is to tell of a run, the story's and the trace's being the same; ending in a newline."""
    heading = Text(printable(f"{story.module}{look.dot}{story.model}{look.dot}"), "dim")
    heading.append(printable(headline(story)), "bold not dim")
    blocks = [printed([heading], look)]
    picture = list(_picture(story, look)) if len(story.states) <= MOST_STATES else []
    if picture:
        blocks.append(printed(picture, look))
    blocks.append(trace_text(story.property, story.kind, trace, look))
    sentences = why(story)
    if sentences:
        blocks.append(printed([Text("Why:", "bold"), *(_item(sentence, look) for sentence in sentences)], look))
    return "\n".join(blocks)


def _item(sentence: str, look: Look) -> RenderableType:
    grid = Table.grid(padding=0)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text("  • " if look.unicode else "  - "), Text(printable(sentence)))
    return grid


# --------------------------------------------------------------------------------------------- picture


def _picture(story: Story, look: Look) -> Iterator[RenderableType]:
    """Yield the lines of the picture: a column for each state, in blocks as wide as fits, a row for each process that acts and each holder of a lock."""
    rows = list(_rows(story))
    if len(story.states) < 2 or not rows:
        return
    label = min(MOST_LABEL, max(cell_len(printable(name)) for name in (HEADING, *(name for name, _ in rows))))
    cell = len(str(len(story.states) - 1)) + 1
    fitting = max(1, (look.width - label - 1) // cell)
    keys = sorted({mode for _, segments in rows for s in segments if (mode := s.mode) in _KEYS}, key=list(_KEYS).index)
    if keys:
        yield Text(look.dot.join(_KEYS[mode] for mode in keys), "dim")
    for start in range(0, len(story.states), fitting):
        end = min(start + fitting, len(story.states))
        numbers = "".join(f"{number:<{cell}}" for number in range(start, end))
        yield Text(f"{HEADING:<{label}} {numbers}", "dim")
        for name, segments in rows:
            line = Text(_cut(name, label, look) + " ")
            for segment in segments:
                line.append_text(_drawn(segment, start, end, cell, look))
            yield line
        if end < len(story.states):
            yield Text()


_KEYS = {"S": "S held shared", "X": "X held exclusively", "#": "# held by so many", "wait": "w waits"}


def _rows(story: Story) -> Iterator[tuple[str, tuple[Segment, ...]]]:
    """Yield each row's name and what is in it, over all states; of locks that nobody who acts has to do with, nothing."""
    acting = dict.fromkeys(sorted({step.lane for step in story.steps}))
    for lane in acting:
        here = [step.number for step in story.steps if step.lane == lane]
        yield story.lanes[lane].name, tuple(_marks(here, len(story.states)))
    for lock in lock_bars(story):
        bars = [bar for bar in lock.bars if not bar.quiet or not bar.holder]
        if any(segment.mode for bar in bars for segment in bar.segments):
            yield lock.path, ()
            for bar in bars:
                yield f"  {bar.holder}", bar.segments


def _marks(numbers: list[int], states: int) -> Iterator[Segment]:
    taken = set(numbers)
    for number in range(states):
        yield Segment(number, 1, "act" if number in taken else "", "")


def _drawn(segment: Segment, start: int, end: int, cell: int, look: Look) -> Text:
    """Return the part of a segment that lies in the states from `start` to before `end`."""
    first, last = max(segment.start, start), min(segment.start + segment.length, end)
    width = (last - first) * cell
    if width <= 0:
        return Text()
    if not segment.mode:
        return Text(" " * width)
    if segment.mode == "act":
        return Text(("●" if look.unicode else "o").ljust(width), "bold")
    is_wait = segment.mode == "wait"
    sign = "w" if is_wait else f"#{segment.text}" if segment.mode == "#" else segment.mode
    solid, hollow = ("━", "╌") if look.unicode else ("=", "-")
    bar = sign[: width - 1] + (hollow if is_wait else solid) * (width - len(sign) - 1)
    goes_on = segment.start + segment.length > end
    return Text(bar + ((hollow if is_wait else solid) if goes_on else " "), _STYLES[segment.mode])


def _cut(name: str, width: int, look: Look) -> str:
    """Return a name that is as wide as this on a terminal, where some letters are two columns wide."""
    shown = printable(name)
    more = "…" if look.unicode else "..."
    return set_cell_size(shown if cell_len(shown) <= width else set_cell_size(shown, width - len(more)) + more, width)
