"""How text looks where it is read, and text as lines: nothing depends on the terminal but through the `Look` that is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import assert_never

from rich.console import Console, RenderableType
from rich.text import Text

from pluscheck.report.model import Outcome


@dataclass(frozen=True, slots=True)
class Look:
    """How text is to look.

    `unicode`: marks and arrows may be more than ASCII. `timings`: seconds are shown. `traces`: also those of expected
    violations and of witnesses. `quiet`: only what is not as expected is shown. `statistics`: what was counted is shown.
    """

    width: int = 100
    color: bool = False
    unicode: bool = True
    timings: bool = False
    traces: bool = False
    quiet: bool = False
    statistics: bool = False

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


def printable(text: str) -> str:
    """Return text as long, in which nothing speaks to the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
