"""Files are read whole and as text, or refused with a code; never more than the limit is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.base.load import MAX_BYTES, load, source_from_bytes
from pluscheck.base.source import Source, Span


def refused(path: Path) -> tuple[Code, tuple[int, int]]:
    with pytest.raises(SpecError) as caught:
        load(path)
    (diagnostic,) = caught.value.diagnostics
    span = diagnostic.primary.span
    return diagnostic.code, span.source.position(span.start)


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"module A\n\xff", Code.NOT_UTF8, (2, 1)),
        (b"\xef\xbb\xbfmodule A\xff", Code.NOT_UTF8, (1, 9)),
        (b"module A\r\rab\xff", Code.NOT_UTF8, (3, 3)),
        ("module é\n".encode("utf-16"), Code.NOT_UTF8, (1, 1)),
        ("\ufeffmodule é\n".encode("utf-16-be"), Code.NOT_UTF8, (1, 1)),
        (b"module A\n" + bytes(range(1, 9)), Code.BINARY_FILE, (2, 1)),
        (b"module A\n  \x00", Code.BINARY_FILE, (2, 3)),
        (b"", Code.EMPTY_FILE, (1, 1)),
        (b" \n\t\n", Code.EMPTY_FILE, (3, 1)),
        (b"x" * (MAX_BYTES + 1), Code.FILE_TOO_LARGE, (1, 1)),
    ],
)
def test_what_is_no_specification_is_refused_at_its_place(
    tmp_path: Path, data: bytes, code: Code, place: tuple[int, int]
) -> None:
    path = tmp_path / "A.plus"
    path.write_bytes(data)
    assert refused(path) == (code, place)


@pytest.mark.parametrize("data", [b"module A\n\xff", b"\xef\xbb\xbfmodule A\xff"])
def test_the_offset_of_a_byte_counts_all_bytes(data: bytes) -> None:
    with pytest.raises(SpecError, match=f"offset {len(data) - 1} "):
        source_from_bytes(data, "A.plus")


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "A.plus"
    with path.open("wb") as file:
        file.truncate(2**33)  # a hole, which takes no space until it is read
    assert refused(path)[0] is Code.FILE_TOO_LARGE


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.plus")[0] is Code.NO_SUCH_FILE
    assert refused(tmp_path)[0] is Code.UNREADABLE_FILE
    assert refused(Path("a\0b"))[0] is Code.UNREADABLE_FILE
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe")[0] is Code.UNREADABLE_FILE  # and does not wait for a writer


def test_marks_and_line_endings_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "A.plus"
    path.write_bytes(b"\xef\xbb\xbfmodule A\r\nsort B\r\nsort C\r")
    source = load(path)
    assert source.text == "module A\nsort B\nsort C\n"
    assert source.name == path.as_posix()


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        source = source_from_bytes(data, "A.plus")
    except SpecError as error:
        assert len(error.diagnostics) == 1  # noqa: PT017  # either outcome is fine
    else:
        assert source.text.strip()


@given(st.text(alphabet="ab\n", max_size=40), st.integers(0, 40))
def test_positions_count_lines_and_columns_from_one(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    line, column = Source("A", text).position(offset)
    before = text[:offset].split("\n")
    assert (line, column) == (len(before), len(before[-1]) + 1)
    assert Span(Source("A", text), offset, offset).place == f"A:{line}:{column}"
