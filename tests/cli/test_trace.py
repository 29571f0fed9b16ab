"""`trace`: one run, stored or looked for now, in every format; nothing is shown that was not replayed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from pluscheck.cli.exits import Exit
from pluscheck.cli.main import TRACE_FORMATS, main
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.pipeline.evidence import Judge
from pluscheck.pipeline.stored import stored_proof
from pluscheck.pipeline.trace_files import STORED
from pluscheck.proofs.files import write_proof
from told_runs import RACE

MORE = """model alone { scope Task = 1; expect NothingStale proved; }
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a specification and what is found of its models, stored."""
    folder = tmp_path_factory.mktemp("home")
    spec = folder / "Race.plus"
    spec.write_text(RACE + MORE, encoding="utf-8")
    elaborated = elaborate(spec)
    for name in elaborated.models:
        model = lower(elaborated, name)
        found = exhaustive(model.system, frozenset(e.property for e in model.expectations), Budget(), ignore)
        judge = Judge(model.system, 20)
        for expectation in model.expectations:
            judged = judge.judged(expectation.property, found.verdicts[expectation.property])
            kept = stored_proof(elaborated, model, expectation, judged, folder / "proofs")
            assert kept is not None
            write_proof(*kept)
    return folder


@pytest.fixture
def stored(home: Path) -> Path:
    return home / "proofs" / "Race" / "shared" / "NothingStale.json"


def shown(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Return what the command writes to standard output."""
    assert main(["trace", *map(str, arguments)]) == Exit.MET
    done = capsys.readouterr()
    assert done.err == ""
    return done.out


@pytest.mark.parametrize("to", TRACE_FORMATS)
def test_every_format_of_a_stored_trace_is_always_the_same(
    to: str, stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = shown(capsys, stored, "--to", to)
    assert first
    assert shown(capsys, stored, "--to", to) == first
    file = tmp_path / "new" / "file"
    assert shown(capsys, stored, "--to", to, "--output", file) == ""
    assert file.read_text(encoding="utf-8") == first
    assert [path.name for path in file.parent.iterdir()] == ["file"]


def test_on_a_terminal_a_path_leads_to_the_file_from_where_one_stands(
    home: Path, stored: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (home, stored.parent, home.parent):
        monkeypatch.chdir(folder)
        text = shown(capsys, stored)
        assert str(home) not in text
        found = re.search(r"(\S*Race\.plus):\d+:\d+", text)
        assert found is not None
        assert (folder / found[1]).resolve() == (home / "Race.plus").resolve()


@pytest.mark.parametrize("to", [to for to in TRACE_FORMATS if to != "terminal"])
def test_what_is_made_to_be_sent_does_not_tell_where_one_stood(
    home: Path,
    stored: Path,
    tmp_path: Path,
    to: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a terminal paths lead to the file from there, so that they can be clicked."""
    found = []
    for folder in (home, stored.parent, tmp_path):
        monkeypatch.chdir(folder)
        found.append(shown(capsys, stored, "--to", to))
        found.append(shown(capsys, os.path.relpath(stored), "--to", to))
    assert len(set(found)) == 1
    assert str(home) not in found[0]
    assert str(tmp_path) not in found[0]


def test_what_is_found_now_is_what_was_stored(home: Path, stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--model", "shared", "--property", "NothingStale", "--to", "json"]
    now = json.loads(shown(capsys, home / "Race.plus", *asked))
    then = json.loads(shown(capsys, stored, "--to", "json"))
    # Of several shortest runs another may be found, and a stored one is not said to be anybody's.
    for same in ("spec", "model", "system", "property", "kind", "verdict", "judged", "scope", "switches", "formula"):
        assert now[same] == then[same]
    assert len(now["steps"]) == len(then["steps"]) == 5
    assert then["engine"] == STORED != now["engine"]


def test_the_page_is_the_one_that_verify_writes(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(home / "Race.plus")
    common = ["--engine", "exhaustive"]
    assert main(["verify", spec, *common, "--only", ":shared:NothingStale", "--html", str(tmp_path)]) == Exit.MET
    capsys.readouterr()
    page = (tmp_path / "Race" / "shared" / "NothingStale.html").read_text(encoding="utf-8")
    asked = ["--model", "shared", "--property", "NothingStale", "--to", "html"]
    assert shown(capsys, spec, *asked, *common) == page
    assert {"NothingStale.itf.json", "NothingStale.trace.json"} <= set(re.findall(r'data-file="([^"]*)"', page))


def test_what_is_meant_need_not_be_said_where_only_one_thing_can_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "Cell.plus"
    spec.write_text(
        "module Cell\nvar x : 0..2 = 0\naction Up { when x < 2; x := x + 1; }\nterminal == x = 2\n"
        "invariant Small == x <= 1\nmodel m { expect Small violated; }\n"
    )
    assert "Small is violated after 2 steps" in shown(capsys, spec)
    assert main(["trace", str(spec), "--property", "deadlock"]) == Exit.USAGE
    assert "proved" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"Copy.Write"', '"Copy.Free"'),
        ('"from": "clean", "to": "dirty"', '"from": "clean", "to": "clean"'),
        ('"property": "NothingStale"', '"property": "Grows"'),
        ('"verdict": "violated"', '"verdict": "proved"'),
        ('"model": "shared"', '"model": "alone"'),
        ('"system": "', '"system": "0'),
        ('"format": ', '"former": '),
    ],
)
@pytest.mark.parametrize("to", ["terminal", "html", "json"])
def test_a_forged_trace_is_not_shown(
    old: str, new: str, to: str, stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = stored.read_text(encoding="utf-8")
    assert old in text
    forged = stored.parent / f"forged{os.getpid()}.json"
    forged.write_text(text.replace(old, new, 1), encoding="utf-8")
    out = tmp_path / "out"
    try:
        assert main(["trace", str(forged), "--to", to, "--output", str(out)]) == Exit.REJECTED
        assert main(["trace", str(forged), "--to", to]) == Exit.REJECTED
    finally:
        forged.unlink()
    done = capsys.readouterr()
    assert done.out == ""
    assert re.search(r"\[PC80\d\]", done.err)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["No.plus"], Exit.USAGE),
        (["Race.plus"], Exit.USAGE),
        (["Race.plus", "--model", "shard"], Exit.USAGE),
        (["Race.plus", "--model", "shared"], Exit.USAGE),
        (["Race.plus", "--model", "shared", "--property", "No"], Exit.USAGE),
        (["Race.plus", "--model", "shared", "--property", "NothingStale", "--engine", "no"], Exit.USAGE),
        (["Race.plus", "--model", "shared", "--property", "NothingStale", "--spec", "Race.plus"], Exit.USAGE),
        (["Race.plus", "--model", "alone", "--property", "NothingStale"], Exit.USAGE),
        (["Race.plus", "--model", "shared", "--property", "NothingStale", "--engine", "bmc", "--depth", "2"], Exit.UNDECIDED),
        (["proofs/Race/alone/NothingStale.json"], Exit.USAGE),
        (["proofs/Race/shared/NothingStale.json", "--model", "shared"], Exit.USAGE),
        (["proofs"], Exit.USAGE),
        (["proofs/Race/shared/NothingStale.json", "--to", "pdf"], Exit.USAGE),
        (["proofs/Race/shared/NothingStale.json", "--spec", "Wrong.plus"], Exit.SPEC),
        (["Wrong.plus"], Exit.SPEC),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_said(
    arguments: list[str], code: Exit, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    (home / "Wrong.plus").write_text("module Wrong\nvar x :\n")
    assert main(["trace", *arguments]) == code
    done = capsys.readouterr()
    assert done.out == ""
    assert done.err
    assert "fault of pluscheck" not in done.err


def test_a_large_graph_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "Many.plus"
    spec.write_text(
        "module Many\nvar x : 0..300 = 0\naction Up { when x < 300; x := x + 1; }\nterminal == x = 300\n"
        "invariant Small == x <= 1\nmodel m { expect Small violated; }\n"
    )
    assert main(["trace", str(spec), "--to", "dot"]) == Exit.USAGE
    assert "200 reachable states" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe\x00", b"[" * 100_000, b'{"format": 1e999}'])
def test_what_is_no_stored_proof_is_rejected(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "No.json"
    file.write_bytes(data)
    assert main(["trace", str(file), "--to", "itf"]) == Exit.REJECTED
    assert capsys.readouterr().out == ""


def test_what_cannot_be_written_is_no_fault_of_ours(stored: Path, tmp_path: Path) -> None:
    assert main(["trace", str(stored), "--output", str(tmp_path)]) == Exit.UNWRITABLE


def test_a_device_is_written_to_and_not_replaced(stored: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(os.devnull)
    assert main(["trace", str(stored), "--output", str(link)]) == Exit.MET
    assert link.is_symlink()
    assert not Path(os.devnull).is_file()
