"""Diagnostics as text: the message, the source line, carets under what is meant, a help line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pluscheck.base.diagnostics import Diagnostic, Severity
from pluscheck.base.source import Source, Span

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_RED = "\x1b[1;31m"
_YELLOW = "\x1b[1;33m"
_BLUE = "\x1b[1;34m"

TAB = "    "

ENORMOUS = 4096
"""Characters of a line that nobody reads as a whole."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is underlined in one line: columns `start` up to, not including, `end`, from 0, and what to say of it."""

    start: int
    end: int
    text: str
    is_primary: bool


def render(diagnostic: Diagnostic, *, color: bool = False, width: int = 100) -> str:
    """Return the diagnostic as lines of text, without a newline at the end.

    Lines of source that are longer than `width` are clipped around their primary mark. With `color`, ANSI escape sequences are used.
    """
    paint = _Paint(color)
    tint = _RED if diagnostic.severity is Severity.ERROR else _YELLOW
    head = paint(tint, f"{diagnostic.severity}[{diagnostic.code}]") + paint(_BOLD, f": {_safe(diagnostic.message)}")
    labels = [(diagnostic.primary, True), *((label, False) for label in diagnostic.secondary)]
    gutter = max(len(str(_last_line(label.span))) for label, _ in labels)
    lines = [head]
    sources: dict[str, Source] = {}
    for label, _ in labels:
        sources.setdefault(label.span.source.name, label.span.source)
    for number, source in enumerate(sources.values()):
        place = next(label.span.place for label, _ in labels if label.span.source.name == source.name)
        arrow = "-->" if number == 0 else ":::"
        lines.append(f"{' ' * gutter}{paint(_BLUE, arrow)} {_safe(place)}")
        marks: dict[int, list[_Mark]] = {}
        for label, is_primary in labels:
            if label.span.source.name == source.name:
                for line, mark in _marks(label.span, label.text, is_primary=is_primary):
                    marks.setdefault(line, []).append(mark)
        lines.extend(_source_lines(source, marks, gutter, width, paint, tint))
    if diagnostic.help is not None:
        lines.append(f"{' ' * gutter} {paint(_BLUE, '=')} {paint(_BOLD, 'help')}: {_safe(diagnostic.help)}")
    return "\n".join(lines)


class _Paint:
    """Wraps text in a colour, or leaves it as it is."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, tint: str, text: str) -> str:
        return f"{tint}{text}{_RESET}" if self._color and text else text


def _last_line(span: Span) -> int:
    return span.source.position(max(span.start, span.end - 1))[0]


def _marks(span: Span, text: str, *, is_primary: bool) -> Iterator[tuple[int, _Mark]]:
    """Yield (line, mark) for a span: its one line, or its first line to the end and the start of its last line."""
    line, column = span.source.position(span.start)
    last, last_column = span.source.position(max(span.start, span.end - 1))
    if line == last:
        yield line, _Mark(column - 1, max(last_column, column), text, is_primary)
        return
    yield line, _Mark(column - 1, max(column, len(span.source.line(line).rstrip())), "from here ...", is_primary)
    ending = span.source.line(last)
    start = min(len(ending) - len(ending.lstrip()), last_column - 1)
    yield last, _Mark(start, last_column, f"... to here: {text}" if text else "... to here", is_primary)


def _source_lines(
    source: Source, marks: dict[int, list[_Mark]], gutter: int, width: int, paint: _Paint, tint: str
) -> Iterator[str]:
    """Yield the lines that have marks, each with its marks under it, one row a mark."""
    bar = paint(_BLUE, "|")
    yield f"{' ' * gutter} {bar}"
    previous = None
    for number in sorted(marks):
        if previous is not None and number > previous + 1:
            yield paint(_BLUE, "...")
        previous = number
        here = sorted(marks[number], key=lambda mark: (mark.start, mark.end))
        line, here = _near(source.line(number), here)
        shown, columns = _expanded(line)
        first = columns[min(_main(here).start, len(columns) - 1)]
        clip = _Clip.around(first, columns[-1], max(20, width - gutter - 3))
        yield f"{paint(_BLUE, str(number).rjust(gutter))} {bar} {clip.text(shown)}".rstrip()
        for mark in here:
            start = clip.column(columns[min(mark.start, len(columns) - 1)])
            end = max(start + 1, clip.column(columns[min(mark.end, len(columns) - 1)]))
            sign = "^" if mark.is_primary else "-"
            caret = paint(tint if mark.is_primary else _BLUE, f"{sign * (end - start)} {_safe(mark.text)}".rstrip())
            yield f"{' ' * gutter} {bar} {' ' * start}{caret}"


@dataclass(frozen=True, slots=True)
class _Clip:
    """The part of a line, in columns of the terminal, that is shown."""

    start: int
    end: int
    length: int

    @staticmethod
    def around(column: int, length: int, width: int) -> _Clip:
        if length <= width:
            return _Clip(0, length, length)
        start = max(0, min(column - width // 3, length - width))
        return _Clip(start, start + width, length)

    def text(self, line: str) -> str:
        """Return the part of the line, with `…` in the first or last column where more was there."""
        first = self.start + (1 if self.start else 0)
        last = self.end - (1 if self.end < self.length else 0)
        kept: list[str] = []
        at, begins, ends = 0, first, first
        for char in line:
            after = at + _columns(char)
            # At an edge, a wide character is left out, and an accent without its letter.
            if first <= at and after <= last and (kept or after > at):
                begins, ends = (at if not kept else begins), after
                kept.append(char)
            at = after
        before = "…" + " " * (begins - first) if self.start else ""
        return before + "".join(kept) + (" " * (last - ends) + "…" if self.end < self.length else "")

    def column(self, column: int) -> int:
        return min(max(column, self.start), self.end) - self.start


def _main(marks: list[_Mark]) -> _Mark:
    """Return the mark that must be seen: the primary one, if it is in this line."""
    return next((mark for mark in marks if mark.is_primary), marks[0])


def _near(line: str, marks: list[_Mark]) -> tuple[str, list[_Mark]]:
    """Return the line and its marks; of an enormous line, what is near the main mark, since nobody sees the rest."""
    if len(line) <= ENORMOUS:
        return line, marks
    start = max(0, min(_main(marks).start, len(line)) - ENORMOUS // 4)
    moved = [replace(mark, start=max(0, mark.start - start), end=max(1, mark.end - start)) for mark in marks]
    return line[start : start + ENORMOUS], moved


def _expanded(line: str) -> tuple[str, list[int]]:
    """Return the line as shown, and for each of its characters (and the end) the column of the terminal at which it begins."""
    shown: list[str] = []
    columns: list[int] = []
    at = 0
    for char in line:
        columns.append(at)
        text = TAB if char == "\t" else _safe(char)
        shown.append(text)
        at += sum(_columns(c) for c in text)
    columns.append(at)
    return "".join(shown), columns


def _columns(char: str) -> int:
    """Return how many columns of a terminal a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _safe(text: str) -> str:
    """Return the text with control characters shown, not obeyed."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" for c in text)
