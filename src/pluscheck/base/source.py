"""Source text and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text. `name` is what diagnostics print: a path as the user wrote it.

    Offsets count Unicode code points from 0. Lines and columns count from 1.
    """

    name: str
    text: str
    _line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        object.__setattr__(self, "_line_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Return the (line, column) of the character at `offset`, both from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of line `number` (from 1), without its line ending."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `start` up to, not including, `end` of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters that the span covers."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line (from 1) on which the span starts."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column (from 1) at which the span starts."""
        return self.source.position(self.start)[1]

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and CI annotations read it."""
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"

    def to(self, other: Span) -> Span:
        """Return the span from this one's start to `other`'s end."""
        return Span(self.source, self.start, other.end)

    def __repr__(self) -> str:
        return f"Span({self.place})"

    # Sources can be large, and spans never decide equality of trees: compare cheaply.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Span):
            return NotImplemented
        return (self.source.name, self.start, self.end) == (
            other.source.name,
            other.start,
            other.end,
        )

    def __hash__(self) -> int:
        return hash((self.source.name, self.start, self.end))


NOWHERE = Span(Source("<pluscheck>", ""), 0, 0)
"""The span of what no source text stands for, such as a property that pluscheck adds itself."""
