"""What is said of the slips that people make; `UPDATE_GOLDEN=1 pytest tests/lang` writes the answers anew, to be read in the diff."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pluscheck.base.errors import SpecError
from pluscheck.base.render import render
from pluscheck.base.source import Source
from pluscheck.lang.parser import parse

GOLDEN = Path(__file__).parent / "golden" / "slips.txt"
BLOCK = re.compile(r"^%% written\n(.*?)^%% said\n(.*?)(?=^%% written|\Z)", flags=re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Return what is written in the golden file, each with what is said of it."""
    return BLOCK.findall(GOLDEN.read_text(encoding="utf-8"))


def said(text: str) -> str:
    try:
        parse(Source("M.plus", f"module M\n{text}"))
    except SpecError as error:
        return "".join(f"{render(each)}\n" for each in error.diagnostics)
    return "nothing\n"


def test_slips_are_answered_as_the_golden_file_says() -> None:
    written = [text for text, _ in blocks()]
    answers = "".join(f"%% written\n{text}%% said\n{said(text)}" for text in written)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(answers, encoding="utf-8")
    assert answers == GOLDEN.read_text(encoding="utf-8")


def test_each_slip_is_one_finding_unless_there_are_more() -> None:
    for written, answer in blocks():
        slips = 4 if "Op1" in written else 2 if "&&" in written else 1
        assert len(re.findall(r"^error\[PC", answer, flags=re.MULTILINE)) == slips, answer
