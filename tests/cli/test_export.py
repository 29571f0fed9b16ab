"""`export`: files for other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiger_files import parsed
from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main

SPEC = """
module Cell
var x : 0..2 = 0
action Up { when x < 2; x := x + 1; }
invariant Small == x <= 1
model m { expect Small violated; }
model n extends m { check Small; }
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    file = tmp_path / "Cell.plus"
    file.write_text(SPEC, encoding="utf-8")
    return str(file)


def test_a_file_for_each_model(spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", spec, "--to", "aiger", "--output", str(tmp_path)]) == Exit.MET
    written = [tmp_path / "Cell.m.aig", tmp_path / "Cell.n.aig"]
    assert capsys.readouterr().out.split() == [str(path) for path in written]
    first = parsed(written[0].read_bytes())
    assert {"Small", "deadlock", "faults"} <= set(first.symbols.values())
    assert len(parsed(written[1].read_bytes()).bads) == 1


def test_the_same_spec_gives_the_same_bytes(spec: str, tmp_path: Path) -> None:
    def contents() -> bytes:
        assert main(["export", spec, "--to", "aiger", "--model", "m", "--output", str(tmp_path)]) == Exit.MET
        return (tmp_path / "Cell.m.aig").read_bytes()

    assert contents() == contents()


def test_what_is_not_there_is_said_to_be_missing(spec: str, tmp_path: Path) -> None:
    to = ["--output", str(tmp_path)]
    assert main(["export", spec, "--to", "nothing", *to]) == Exit.USAGE
    assert main(["export", spec, "--to", "aiger", "--model", "k", *to]) == Exit.USAGE
    assert main(["export", str(tmp_path / "No.plus"), "--to", "aiger", *to]) == Exit.USAGE
    assert main(["export", spec, "--to", "aiger", "--output", str(tmp_path / "no")]) == Exit.USAGE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Cell.plus"]


def test_what_cannot_be_written_is_no_fault_of_ours(spec: str, tmp_path: Path) -> None:
    (tmp_path / "Cell.m.aig").mkdir()
    assert main(["export", spec, "--to", "aiger", "--model", "m", "--output", str(tmp_path)]) == Exit.UNWRITABLE
