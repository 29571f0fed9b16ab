"""Reading a file into a `Source`, whatever its bytes are."""

from __future__ import annotations

import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source, Span

MAX_BYTES = 1024 * 1024
"""Larger files are refused: specifications written by people stay far below, and reading takes several hundred times the memory of the text."""

_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r"})
_CONTROLS_OF_BINARY = 10
"""If more than one byte in so many is a control character, it is no text."""


def load(path: Path, name: str | None = None, *, most: int = MAX_BYTES) -> Source:
    """Return the text of a file, called `name` in diagnostics (default: the path as given).

    A byte order mark is dropped, and CRLF and CR are read as LF. Never reads more than `most` + 1 bytes. Raises SpecError with
    one of the codes PC001 to PC006.
    """
    shown = path.as_posix() if name is None else name
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a directory, a device or a pipe might never end
            raise _refused(Code.UNREADABLE_FILE, shown, "this is not a regular file")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise _refused(Code.NO_SUCH_FILE, shown, "there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _refused(Code.UNREADABLE_FILE, shown, f"the file cannot be read: {_reason(error)}") from None
    return source_from_bytes(data, shown, most=most)


def source_from_bytes(data: bytes, name: str, *, most: int = MAX_BYTES) -> Source:
    """Return the text that the bytes encode, without a byte order mark. Raises SpecError with one of PC002 to PC005."""
    if len(data) > most:
        limit = most // (1024 * 1024)
        raise _refused(Code.FILE_TOO_LARGE, name, f"the file is larger than {limit} MiB", "split it into modules")
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise _refused(Code.NOT_UTF8, name, "the file is UTF-16", "save the file as UTF-8")
    begin = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
    if b"\0" in data:
        before = data[begin : data.index(b"\0")]
        raise _refused(Code.BINARY_FILE, name, "this is a binary file: it contains a NUL byte", text=_readable(before))
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls * _CONTROLS_OF_BINARY > len(data):
        before = data[begin : next(at for at, byte in enumerate(data) if byte in _CONTROLS)]
        message = f"this is a binary file: {controls} of its {len(data)} bytes are control characters"
        raise _refused(Code.BINARY_FILE, name, message, text=_readable(before))
    try:
        text = data[begin:].decode()
    except UnicodeDecodeError as error:
        at = begin + error.start
        message = f"the byte 0x{data[at]:02x} at offset {at} is not UTF-8"
        raise _refused(Code.NOT_UTF8, name, message, "save the file as UTF-8", _readable(data[begin:at])) from None
    text = _lines(text)
    if not text.strip():
        raise _refused(
            Code.EMPTY_FILE, name, "the file is empty", "a specification begins with `module Name`", text=text
        )
    return Source(name, text)


def _readable(data: bytes) -> str:
    return _lines(data.decode(errors="replace"))


def _lines(text: str) -> str:
    r"""Return the text with `\n` at the end of each line, whether CRLF, CR or LF stood there."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refused(code: Code, name: str, message: str, remedy: str | None = None, text: str = "") -> SpecError:
    """Return the error for a file; the place is the end of `text`, which is what could be read of it."""
    source = Source(name, text)
    return SpecError([Diagnostic(code, message, Label(Span(source, len(text), len(text)), "here"), help=remedy)])


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
