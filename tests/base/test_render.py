"""Diagnostics as people read them."""

from __future__ import annotations

from textwrap import dedent
from unicodedata import combining, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label, Severity
from pluscheck.base.render import render
from pluscheck.base.source import Source, Span

SOURCE = Source(
    "Lock.plus",
    "module Lock\nvar held : 0..1 = 0\n\taction Take { await held = frae; }\nOp(x) ==\n  /\\ x = 1\n  /\\ x = 2\n",
)


def span(text: str, source: Source = SOURCE) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def shown(diagnostic: Diagnostic, width: int = 100) -> str:
    return "\n" + render(diagnostic, width=width) + "\n"


def test_one_place() -> None:
    found = Diagnostic(
        Code.UNKNOWN_NAME, "`frae` is not known", Label(span("frae"), "not declared"), (), "did you mean `free`?"
    )
    assert shown(found) == dedent(r"""
        error[PC201]: `frae` is not known
         --> Lock.plus:3:29
          |
        3 |     action Take { await held = frae; }
          |                                ^^^^ not declared
          = help: did you mean `free`?
    """)


def test_several_places() -> None:
    found = Diagnostic(
        Code.DUPLICATE_NAME,
        "`held` is declared twice",
        Label(span("held = frae"), "again here"),
        (Label(span("held"), "first here"), Label(span("await"), "in this statement")),
        severity=Severity.WARNING,
    )
    assert shown(found) == dedent(r"""
        warning[PC202]: `held` is declared twice
         --> Lock.plus:3:22
          |
        2 | var held : 0..1 = 0
          |     ---- first here
        3 |     action Take { await held = frae; }
          |                   ----- in this statement
          |                         ^^^^^^^^^^^ again here
    """)


def test_a_place_of_several_lines_and_another_file() -> None:
    other = Source("Base.plus", "module Base\nsort X\n")
    found = Diagnostic(
        Code.TYPE_MISMATCH,
        "these differ",
        Label(span("/\\ x = 1\n  /\\ x = 2"), "a BOOLEAN"),
        (Label(span("X", other), "an X"),),
    )
    assert shown(found) == dedent(r"""
        error[PC301]: these differ
         --> Lock.plus:5:3
          |
        5 |   /\ x = 1
          |   ^^^^^^^^ from here ...
        6 |   /\ x = 2
          |   ^^^^^^^^ ... to here: a BOOLEAN
         ::: Base.plus:2:6
          |
        2 | sort X
          |      - an X
    """)


def test_long_lines_are_clipped_around_the_place() -> None:
    source = Source("Long.plus", "x" * 300 + "HERE" + "y" * 300)
    text = shown(Diagnostic(Code.UNKNOWN_NAME, "no", Label(span("HERE", source), "this")), width=60)
    assert "HERE" in text
    assert max(map(len, text.splitlines())) <= 66
    line, marks = text.splitlines()[4:6]
    assert line.index("HERE") == marks.index("^^^^")


def test_the_primary_place_is_shown_wherever_the_others_are() -> None:
    source = Source("Long.plus", "FIRST" + "x" * 9000 + "HERE" + "y" * 9000 + "LAST")
    others = (Label(span("FIRST", source), "a"), Label(span("LAST", source), "b"))
    text = shown(Diagnostic(Code.UNKNOWN_NAME, "no", Label(span("HERE", source), "this"), others), width=60)
    line, _, marks, _ = text.splitlines()[4:]
    assert line.index("HERE") == marks.index("^^^^")


@pytest.mark.parametrize("width", range(40, 48))
@pytest.mark.parametrize("letter", ["漢", "a\u0301", "x", "\x07"])
def test_a_clipped_line_keeps_its_columns(letter: str, width: int) -> None:
    source = Source("Wide.plus", letter * 100 + "HERE" + letter * 100)
    text = shown(Diagnostic(Code.UNKNOWN_NAME, "no", Label(span("HERE", source), "this")), width=width)
    line, marks = text.splitlines()[4:6]
    assert columns(line[: line.index("HERE")]) == marks.index("^^^^")
    assert columns(line) <= width
    assert line.count("…") == 2


def columns(text: str) -> int:
    return sum(0 if combining(c) else 2 if east_asian_width(c) == "W" else 1 for c in text)


def test_wide_characters_and_control_characters() -> None:
    source = Source("Wide.plus", "漢字 HERE \x1b[31m")
    line, marks = shown(Diagnostic(Code.UNKNOWN_NAME, "no", Label(span("HERE", source), "this"))).splitlines()[4:6]
    assert line == "1 | 漢字 HERE \\x1b[31m"
    assert marks == "  |      ^^^^ this"


def test_colour_adds_nothing_but_colour() -> None:
    found = Diagnostic(Code.UNKNOWN_NAME, "no", Label(span("frae"), "this"), help="help")
    coloured = render(found, color=True)
    plain = render(found)
    for escape in ("\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;34m"):
        coloured = coloured.replace(escape, "")
    assert coloured == plain


@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80), st.integers(0, 120))
def test_every_place_of_every_text_can_be_shown(text: str, start: int, end: int, width: int) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    source = Source("Any.plus", text)
    shown_ = render(Diagnostic(Code.UNKNOWN_NAME, text, Label(Span(source, start, end), text)), width=width)
    assert all(char.isprintable() or char == "\n" for char in shown_)
    assert "^" in shown_
