"""What is kept of an ablation is judged anew at the gate, and damaged it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pluscheck.cli.main import main

SPEC = """module Door
enum Side == { left, right }
switch Shut : [Side -> BOOLEAN] == [s \\in Side |-> TRUE]
switch Watch : BOOLEAN == TRUE
switch Block : BOOLEAN == FALSE
var inside : SUBSET Side = {}
action Enter(s \\in Side) { await ~Block; await (Shut[s] \\/ Watch) => inside = {}; inside := inside \\cup {s}; }
action Leave(s \\in Side) { await s \\in inside \\/ Block; inside := inside \\ {s}; }
invariant Alone == inside # Side
witness Entered == inside # {}
model base { }
"""

Data = dict[str, Any]


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("spec").mkdir()
    Path("spec/Door.plus").write_text(SPEC, encoding="utf-8")
    assert main(["gate", "--update", "--no-cache", "-q"]) == 0
    assert main(["ablate", "spec/Door.plus", "--store", "proofs"]) == 0
    return Path("proofs/Door/base/switches.ablation")


def gate(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[Data]]:
    capsys.readouterr()
    code = main(["gate", "--no-cache", "--format", "json", *arguments])
    found: list[Data] = json.loads(capsys.readouterr().out)["ablations"]
    return code, found


def test_what_is_stored_is_judged_anew(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (row,) = gate(capsys)
    assert (code, row["outcome"], row["stored"], row["model"]) == (0, "met", "checked", "base")
    assert "16 settings" in row["what"]
    before = stored.read_bytes()
    assert main(["ablate", "spec/Door.plus", "--store", "proofs"]) == 0
    assert stored.read_bytes() == before


def test_the_cache_remembers(stored: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert stored.is_file()
    for standing in ("checked", "remembered"):
        capsys.readouterr()
        assert main(["gate", "--cache", str(tmp_path / "cache"), "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["ablations"][0]["stored"] == standing


def test_layout_does_not_matter_and_meaning_does(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stored.is_file()
    spec = Path("spec/Door.plus")
    spec.write_text(SPEC.replace("var inside", "\n\\* who is in\nvar inside"), encoding="utf-8")
    assert gate(capsys)[0] == 0
    spec.write_text(SPEC.replace("(Shut[s] \\/ Watch)", "(Shut[s] /\\ Watch)"), encoding="utf-8")
    code, (row,) = gate(capsys)
    assert (code, row["stored"]) == (6, "stale")
    code, (row,) = gate(capsys, "--update")
    assert (code, row["stored"]) == (0, "written")
    code, (row,) = gate(capsys)
    assert (code, row["stored"]) == (0, "checked")


def test_of_a_model_that_is_gone_it_is_removed(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec/Door.plus").write_text(SPEC.replace("model base", "model other"), encoding="utf-8")
    assert gate(capsys)[1][0]["stored"] == "stale"
    gate(capsys, "--update")
    assert not stored.exists()


def test_of_a_specification_that_is_gone_it_is_an_orphan(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec/Door.plus").rename("spec/Gate.plus")
    Path("spec/Gate.plus").write_text(SPEC.replace("module Door", "module Gate"), encoding="utf-8")
    capsys.readouterr()
    assert main(["gate", "--no-cache", "--format", "json"]) == 6
    assert stored.as_posix() in json.loads(capsys.readouterr().out)["orphans"]


def forget_an_unsafe_set(data: Data) -> None:
    data["unsafe"].pop()


def forget_the_invariant(data: Data) -> None:
    data["invariant"] = None


def say_less_in_the_invariant(data: Data) -> None:
    data["invariant"]["conjuncts"] = []
    data["invariant"]["properties"] = ["@settings"]


def forget_a_safe_set(data: Data) -> None:
    data["minimal_safe"].pop()


def widen_an_unsafe_set(data: Data) -> None:
    """Say of every setting that it is unsafe as one is."""
    data["unsafe"][0]["off"] = data["unsafe"][0]["off"][:-1]


def leave_out_a_step(data: Data) -> None:
    data["unsafe"][0]["run"]["steps"].pop()


def say_that_something_else_is_violated(data: Data) -> None:
    data["unsafe"][0]["property"] = "deadlock"


def leave_out_a_witness(data: Data) -> None:
    data["minimal_safe"][0]["witnesses"] = []


def say_that_it_is_reached_elsewhere(data: Data) -> None:
    data["stifling"][0]["reached"] = [{"on": ["Block"], "off": []}]


def forget_what_stifles(data: Data) -> None:
    data["stifling"] = []


def name_a_stranger(data: Data) -> None:
    data["unsafe"][0]["off"].append("Roof")


def add_a_key(data: Data) -> None:
    data["believe"] = True


SPOILED: tuple[Callable[[Data], None], ...] = (
    forget_an_unsafe_set,
    forget_the_invariant,
    say_less_in_the_invariant,
    forget_a_safe_set,
    widen_an_unsafe_set,
    leave_out_a_step,
    say_that_something_else_is_violated,
    leave_out_a_witness,
    say_that_it_is_reached_elsewhere,
    forget_what_stifles,
    name_a_stranger,
    add_a_key,
)


def test_what_is_spoiled_is_refused(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = stored.read_text(encoding="utf-8")
    assert json.loads(good)["stifling"]
    accepted = []
    for spoil in SPOILED:
        data = json.loads(good)
        spoil(data)
        stored.write_text(json.dumps(data), encoding="utf-8")
        code, (row,) = gate(capsys)
        if (code, row["stored"], row["outcome"]) != (6, "rejected", "drift"):
            accepted.append((spoil.__name__, code, row))
    assert accepted == []
