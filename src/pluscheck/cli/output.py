"""Where bytes go: what the terminal can show, and writing to it without ever falling over it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # `--help` needs none of this
    from pathlib import Path

    from pluscheck.base.diagnostics import Diagnostic

MOST_DIAGNOSTICS = 50
"""How many diagnostics of one spec are shown."""

PIPE_WIDTH = 100
"""Lines of output that no terminal shows; the same everywhere, so that the same input gives the same bytes."""


class UnwritableError(Exception):
    """Standard output takes no more, though somebody reads it: a full disk, for instance."""


def open_missing_streams() -> None:
    """Let what is written lead nowhere where the process was started without standard output or standard error."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - likewise


def discard_output() -> None:
    """Let what is still to be written to standard output lead nowhere: Python would try again, and complain, while it shuts down."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def soften(stream: TextIO) -> None:
    """Make a stream replace what its encoding cannot show, where Python would raise an exception."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")


def is_terminal(stream: TextIO) -> bool:
    """Return whether a person watches the stream."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def is_unicode(stream: TextIO) -> bool:
    """Return whether the stream's encoding has the characters that reports use beyond ASCII."""
    try:
        "✓✗→·│─".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def is_colored(stream: TextIO, *, no_color: bool) -> bool:
    """Return whether to write colours: to terminals, unless asked not to (https://no-color.org)."""
    refused = no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not refused and is_terminal(stream)


def width_of(stream: TextIO) -> int:
    """Return how many columns to fill: the terminal's, else `COLUMNS` if that is set, else `PIPE_WIDTH`."""
    if is_terminal(stream):
        return max(40, shutil.get_terminal_size().columns)
    wanted = os.environ.get("COLUMNS", "")
    return max(40, int(wanted)) if wanted.isdecimal() and len(wanted) < 5 else PIPE_WIDTH


def diagnostics_text(diagnostics: tuple[Diagnostic, ...], *, color: bool, width: int) -> str:
    """Return the diagnostics with their places, a blank line after each; of very many, the first."""
    from pluscheck.base.render import render

    shown = [render(diagnostic, color=color, width=width) for diagnostic in diagnostics[:MOST_DIAGNOSTICS]]
    if len(diagnostics) > MOST_DIAGNOSTICS:
        shown.append(f"... and {len(diagnostics) - MOST_DIAGNOSTICS} more")
    codes = dict.fromkeys(diagnostic.code for diagnostic in diagnostics)
    shown.append(f"More about {'this' if len(codes) == 1 else 'these'}: pluscheck explain {' | '.join(codes)}")
    return "".join(f"{text}\n\n" for text in shown)


def write(text: str) -> None:
    """Write to standard output at once, so that it keeps its place among what standard error says.

    Raises:
        BrokenPipeError: whoever read it has stopped.
        UnwritableError: it cannot be written for another reason.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnwritableError(error.strerror) from None


def write_to(file: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises UnwritableError."""
    from pluscheck.base.writing import write_whole

    data = text.encode(errors="replace")  # the name of a file may be no text at all
    try:
        if file.exists() and not file.is_file():  # a pipe or a device is written to, and not replaced
            file.write_bytes(data)
        else:
            write_whole(file.resolve(), data)
    except OSError as error:
        raise UnwritableError(f"{file}: {error.strerror}") from None


def say(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
