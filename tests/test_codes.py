"""Every code has a page, and every page is true: what it calls wrong has that code and no other, what it calls right has none."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from pluscheck.base.codes import Code
from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.pipeline.verify import verify
from pluscheck.report.model import Outcome, Report
from pluscheck.report.pages import page, title

PAGES = Path(str(files("pluscheck") / "pages"))


@cache
def section(code: Code, heading: str) -> str:
    parts = re.split(r"^## +(.*)$", page(code), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def blocks(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def verified(text: str, folder: Path) -> Report:
    """Check a specification as a user would have it: in a file named after its module."""
    name = re.search(r"^\s*module\s+(\w+)", text, flags=re.MULTILINE)
    file = folder / f"{name[1] if name else 'Nameless'}.plus"
    file.write_text(text, encoding="utf-8")
    return verify([file], Options(depth=6), Unwatched())


def codes_found(report: Report) -> set[Code]:
    """Return the codes of all diagnostics and of all implicit properties that are violated against expectation."""
    found = {d.code for spec in report.specs for d in spec.diagnostics}
    for spec in report.specs:
        for model in spec.models:
            for p in model.properties:
                found |= {site.code for site in p.sites}
                if p.name == "deadlock" and p.outcome is Outcome.VIOLATED:
                    found.add(Code.DEADLOCK)
    return found


def test_there_is_a_page_for_each_code_and_no_other() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == sorted(Code)


@pytest.mark.parametrize("code", Code)
def test_a_page_begins_with_its_code_and_what_it_is(code: Code) -> None:
    assert re.match(rf"# {code}: \S.*\n\n\S", page(code))
    assert len(title(code)) <= 72


@pytest.mark.parametrize("code", Code)
def test_what_is_wrong_has_this_code_alone(code: Code, tmp_path: Path) -> None:
    wrong = blocks(section(code, "Wrong"))
    assert wrong
    for language, text in wrong:
        if language == "plus":
            assert codes_found(verified(text, tmp_path)) == {code}


@pytest.mark.parametrize("code", Code)
def test_what_is_right_has_nothing_wrong(code: Code, tmp_path: Path) -> None:
    right = [text for language, text in blocks(section(code, "Right")) if language == "plus"]
    assert right
    for text in right:
        report = verified(text, tmp_path)
        assert codes_found(report) == set()
        if code >= Code.OUT_OF_RANGE:  # the others need not move, nor reach anything
            assert set(report.outcomes) == {Outcome.MET}


SHOWN_ELSEWHERE = {
    Code.NO_SUCH_FILE, Code.NOT_UTF8, Code.FILE_TOO_LARGE, Code.BINARY_FILE, Code.EMPTY_FILE, Code.UNREADABLE_FILE,
    Code.MODULE_NAME_MISMATCH,
    Code.PROOF_MALFORMED, Code.PROOF_TOO_LARGE, Code.PROOF_VERSION, Code.PROOF_FIELD, Code.PROOF_VALUE,
    Code.PROOF_OF_ANOTHER, Code.PROOF_REJECTED,
}  # fmt: skip
"""Codes of what is no text (tests/test_hostile.py makes such files), wrong only by its file's name (tests/lang/test_modules.py), or a
stored proof (tests/trust/test_forged.py)."""


def test_only_what_a_page_cannot_show_has_no_wrong_spec() -> None:
    without = {code for code in Code if not any(language == "plus" for language, _ in blocks(section(code, "Wrong")))}
    assert without <= SHOWN_ELSEWHERE
