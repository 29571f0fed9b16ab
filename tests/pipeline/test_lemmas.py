"""Lemmas: they help prove what is not inductive alone, and one that is no help is reported, whatever else is proved."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main

SPEC = """module Even
var x : 0..20000 = 0
var y : 0..20000 = 0
action Both { await x < 19999; x := x + 2; y := y + 2; }
action Swap { x := y; y := x; }
terminal == x > 19998
LEMMA
invariant Apart == ~(x = 10 /\\ y = 12)
model m { check Apart, Helps; depth 3; }
"""


def verified(folder: Path, lemma: str, *arguments: str) -> int:
    file = folder / "Even.plus"
    file.write_text(SPEC.replace("LEMMA", f"lemma Helps == {lemma}"), encoding="utf-8")
    with contextlib.chdir(folder):  # a long path would be broken over lines
        return main(["verify", "--prove-seconds", "3", *arguments, file.name])


@pytest.fixture(autouse=True)
def _only_induction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the proofs to k-induction: stronger engines need no lemmas here."""
    monkeypatch.setattr("pluscheck.pipeline.engines.PROVERS", ("kinduction",))
    monkeypatch.setattr("pluscheck.engines.portfolio.SMALL_STATES", 0)


def test_a_lemma_proves_what_is_not_inductive_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(tmp_path, "x = y") == Exit.MET
    out = capsys.readouterr().out
    assert "2 proved" in out
    assert "warning" not in out


def test_a_lemma_that_is_no_help_is_reported_and_not_claimed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(tmp_path, "x # 9151") == Exit.MET  # true, and nothing is said to be proved because of it
    out = capsys.readouterr().out
    assert "Even.plus:7:7" in out
    assert "the lemma Helps is no part of a proof in m" in " ".join(out.split())
    assert "proved by" not in out
    assert "this step does not keep it" in " ".join(out.split())
    step = re.search(r"x = (\d+), y = (\d+)\s+(Both|Swap)  x: \1 → 9151", out)
    assert step is not None
    x, y, action = int(step[1]), int(step[2]), step[3]
    assert (x + 2 if action == "Both" else y) == 9151


def test_a_lemma_that_is_false_is_violated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(tmp_path, "x < 4") == Exit.VIOLATED
    assert "Helps is false after step 2" in capsys.readouterr().out
