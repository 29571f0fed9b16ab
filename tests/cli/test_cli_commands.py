"""The commands as a user runs them: what they print, where, and what the exit code says."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pluscheck.base.codes import Code
from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main

COUNTER = """module Counter2
var x : 0..3 = 0
action Up {{ await x < 3; x := x + 1; }}
terminal == x = 3
invariant Small == x < {limit}
witness Two == x = {goal}
model m {{ depth 5; {more} }}
"""


def spec(folder: Path, limit: int = 9, goal: int = 2, more: str = "") -> str:
    file = folder / "Counter2.plus"
    file.write_text(COUNTER.format(limit=limit, goal=goal, more=more), encoding="utf-8")
    return str(file)


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pluscheck", *arguments], capture_output=True, timeout=60, check=False, **options
    )


# ----------------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("limit", "goal", "more", "code"),
    [
        (9, 2, "", Exit.MET),
        (2, 2, "", Exit.VIOLATED),
        (2, 2, "expect Small violated;", Exit.MET),
        (9, 2, "expect Small violated;", Exit.VIOLATED),
        (9, 7, "", Exit.VACUOUS),
        (9, 7, "expect Two unreachable;", Exit.MET),
        (9, 2, "expect Two unreachable;", Exit.VIOLATED),
        (9, 2, "expect Small bounded 9;", Exit.MET),
        (9, 2, "expect Small proved;", Exit.MET),
        (2, 7, "expect Small proved;", Exit.VIOLATED),  # outweighs the witness
        (9, 7, "expect Small proved;", Exit.VACUOUS),
        (9, 2, "expect Smal violated;", Exit.SPEC),
    ],
)
def test_the_exit_code_says_how_it_came_out(tmp_path: Path, limit: int, goal: int, more: str, code: Exit) -> None:
    assert main(["verify", "-q", spec(tmp_path, limit, goal, more)]) == code


@pytest.mark.parametrize(("goal", "code"), [(2, Exit.UNDECIDED), (7, Exit.VACUOUS)])
def test_a_bound_is_no_proof(tmp_path: Path, goal: int, code: Exit) -> None:
    file = spec(tmp_path, goal=goal, more="expect Small proved;")
    assert main(["verify", "-q", "--engine", "bmc", file]) == code


def test_a_proof_by_the_exhaustive_engine_is_one(tmp_path: Path) -> None:
    assert main(["verify", "-q", "--engine", "exhaustive", spec(tmp_path, more="expect Small proved;")]) == Exit.MET


def test_less_depth_than_the_model_asks_for_shows_nothing_of_it(tmp_path: Path) -> None:
    file = spec(tmp_path, limit=3, more="expect Small violated;")
    assert main(["verify", "-q", "--engine", "bmc", "--depth", "1", file]) == Exit.UNDECIDED
    assert main(["verify", "-q", "--engine", "bmc", "--depth", "3", file]) == Exit.MET


def test_out_of_time_is_never_a_pass(tmp_path: Path) -> None:
    assert main(["verify", "-q", "--timeout", "0.000001", spec(tmp_path)]) == Exit.UNDECIDED


def test_strict_fails_for_what_is_never_taken(tmp_path: Path) -> None:
    file = Path(spec(tmp_path))
    file.write_text(file.read_text(encoding="utf-8") + "action Dead { await x > 3; x := 0; }\n", encoding="utf-8")
    assert main(["verify", "-q", str(file)]) == Exit.MET
    assert main(["verify", "-q", "--strict", str(file)]) == Exit.VACUOUS


def test_only_selects_by_globs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spec(tmp_path, limit=2)
    assert main(["verify", file, "--only", "::T*"]) == Exit.MET
    assert "Small" not in capsys.readouterr().out
    assert main(["verify", file, "--only", "Counter2:m:Small"]) == Exit.VIOLATED
    assert main(["verify", file, "--only", "Other"]) == Exit.USAGE
    assert main(["verify", file, "--only", "a:b:c:d"]) == Exit.USAGE


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["verfy"],
        ["verify", "nowhere.plus"],
        ["verify", "."],
        ["verify"],
        ["verify", "--engine", "magic"],
        ["verify", "--depth", "-1"],
        ["verify", "--timeout", "0"],
        ["verify", "--timeout", "nan"],
        ["lower", "nowhere.plus"],
        ["explain", "PC999"],
        ["new", "no name"],
        ["new", "enum"],
    ],
)
def test_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == Exit.USAGE


def test_a_wrong_spec_does_not_keep_others_from_being_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec(tmp_path)
    (tmp_path / "Bad.plus").write_text("module Bad\nvar x : 0..1 = y\n", encoding="utf-8")
    assert main(["verify", str(tmp_path)]) == Exit.SPEC
    out = capsys.readouterr().out
    assert Code.UNKNOWN_NAME in out
    assert "proved" in out


def test_a_module_that_others_extend_needs_no_model(tmp_path: Path) -> None:
    (tmp_path / "Base.plus").write_text("module Base\nsort S\nvar x : SUBSET S = {}\n", encoding="utf-8")
    (tmp_path / "Top.plus").write_text(
        "module Top\nextends Base\naction A(s \\in S) { x := {s}; }\nmodel m { scope S = 2; depth 3; }\n",
        encoding="utf-8",
    )
    assert main(["verify", "-q", str(tmp_path)]) == Exit.MET
    assert main(["verify", "-q", str(tmp_path / "Base.plus")]) == Exit.SPEC


# --------------------------------------------------------------------------------------------- output


def test_json_follows_the_schema_and_is_always_the_same(tmp_path: Path) -> None:
    spec(tmp_path, limit=2)
    first = run("verify", "Counter2.plus", "--format", "json", cwd=tmp_path)
    second = run("verify", "Counter2.plus", "--format", "json", cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert first.stdout == second.stdout
    report = json.loads(first.stdout)
    schema = json.loads((files("pluscheck") / "report" / "report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(report)
    assert report["exit_code"] == first.returncode == Exit.VIOLATED
    assert str(tmp_path).encode() not in first.stdout


def test_json_of_a_wrong_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--format", "json", spec(tmp_path, more="expect Smal violated;")]) == Exit.SPEC
    report = json.loads(capsys.readouterr().out)
    assert report["specs"][0]["diagnostics"][0]["code"] == Code.UNKNOWN_PROPERTY


def test_piped_text_is_always_the_same_and_has_no_colours(tmp_path: Path) -> None:
    spec(tmp_path, limit=2)
    first = run("verify", "Counter2.plus", cwd=tmp_path)
    assert first.stdout == run("verify", "Counter2.plus", cwd=tmp_path, env={**os.environ, "TERM": "xterm"}).stdout
    assert b"\x1b" not in first.stdout + first.stderr
    assert "✗".encode() in first.stdout


def test_a_terminal_without_unicode(tmp_path: Path) -> None:
    file = spec(tmp_path, limit=2)
    done = run("verify", file, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == Exit.VIOLATED
    assert done.stdout.isascii()


def test_nobody_reads_to_the_end() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "pluscheck", "explain", "PC201"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (Exit.BROKEN_PIPE, b"")


@pytest.mark.parametrize("command", [["explain", "PC201"], ["verify", "Counter2.plus"]])
def test_a_full_disk_is_no_fault_of_ours(tmp_path: Path, command: list[str]) -> None:
    spec(tmp_path)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pluscheck", *command],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == Exit.UNWRITABLE
    assert done.stderr == b"pluscheck: the output cannot be written: No space left on device\n"


def test_without_standard_output_the_exit_code_says_how_it_came_out(tmp_path: Path) -> None:
    file = spec(tmp_path, limit=2)
    done = subprocess.run(
        ["sh", "-c", '"$0" -m pluscheck verify "$1" >&- 2>&-', sys.executable, file], timeout=60, check=False
    )
    assert done.returncode == Exit.VIOLATED


def test_progress_takes_no_line_of_the_report_with_it(tmp_path: Path) -> None:
    long = "m" + "odel" * 30
    file = spec(tmp_path)
    text = Path(file).read_text(encoding="utf-8")
    Path(file).write_text(text + f"model {long} extends m {{ }}\n", encoding="utf-8")
    assert "\x1b[1A\x1b[2K\x1b[1A" not in on_a_terminal(tmp_path, "verify", file, COLUMNS="60")


def on_a_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """Return what a command writes to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pluscheck", *arguments],
        cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    process.wait(timeout=60)
    return written.decode()


def test_a_terminal_gets_colours_and_times_unless_it_wants_none(tmp_path: Path) -> None:
    spec(tmp_path)
    colored = on_a_terminal(tmp_path, "verify", "Counter2.plus")
    assert "\x1b[32m✓" in colored
    assert " s\x1b" in colored or " s\r\n" in colored
    for plain in (
        on_a_terminal(tmp_path, "verify", "Counter2.plus", NO_COLOR="1"),
        on_a_terminal(tmp_path, "verify", "--no-color", "Counter2.plus"),
    ):
        assert "\x1b[32m" not in plain
        assert "\x1b[1m" not in plain


ENDLESS = """module Endless
var x : [1..14 -> 0..9] = [i \\in 1..14 |-> 0]
action Up(i \\in 1..14) { await x[i] < 9; x[i] := x[i] + 1; }
terminal == TRUE
invariant Odd == ~\\A i \\in 1..14 : x[i] = (i * i * 7) % 10
"""


@pytest.mark.parametrize("engine", ["portfolio", "bmc", "exhaustive"])
def test_an_interrupt_ends_at_once_and_reports_what_is_known(tmp_path: Path, engine: str) -> None:
    spec(tmp_path)
    (tmp_path / "Endless.plus").write_text(ENDLESS, encoding="utf-8")
    command = ["verify", "Counter2.plus", "Endless.plus", "--depth", "200", "--engine", engine]
    with subprocess.Popen(
        [sys.executable, "-m", "pluscheck", *command],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores it
    ) as process:
        assert process.stdout is not None
        while b"Endless.plus" not in process.stdout.readline():
            assert process.poll() is None
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        try:
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
        assert time.monotonic() - began < 10
    assert process.returncode == Exit.INTERRUPTED
    assert b"Traceback" not in err
    assert b"interrupted" in out


# ------------------------------------------------------------------------------------- other commands


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    for spelling in ("PC201", "pc201", "201"):
        assert main(["explain", spelling]) == Exit.MET
        assert capsys.readouterr().out.startswith("# PC201: ")


def test_explain_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == Exit.MET
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(Code)


def test_explain_guesses_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "PC2O1"]) == Exit.USAGE
    assert "did you mean PC201" in capsys.readouterr().err


def test_new_writes_a_spec_that_verifies_even_strictly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new"]) == Exit.MET
    assert main(["new", "Mine.plus"]) == Exit.MET
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Lock.plus", "Mine.plus"]
    assert main(["verify", "-q", "--strict", "."]) == Exit.MET
    assert main(["verify", "-q", "--strict", "--engine", "exhaustive", "."]) == Exit.MET


def test_new_overwrites_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Lock.plus").write_text("mine", encoding="utf-8")
    assert main(["new", "Lock"]) == Exit.USAGE
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["mine"]


def test_lower_prints_the_model_that_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spec(tmp_path)
    assert main(["lower", file]) == Exit.MET
    whole = capsys.readouterr().out
    assert main(["lower", file, "--model", "m"]) == Exit.MET
    assert capsys.readouterr().out == whole
    assert "Up" in whole
    assert main(["lower", file, "--model", "n"]) == Exit.USAGE
    assert main(["lower", spec(tmp_path, more="expect Smal violated;")]) == Exit.SPEC


def test_a_fault_of_our_own_is_said_to_be_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr("pluscheck.cli.explain.run_explain", broken)
    assert main(["explain"]) == Exit.INTERNAL
    assert "Traceback" not in capsys.readouterr().err
    assert main(["explain", "--debug"]) == Exit.INTERNAL
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_loads_nothing_that_takes_time(argument: str) -> None:
    code = f"import sys\nfrom pluscheck.cli.main import main\nmain(['{argument}'])\nprint(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not {"z3", "lark", "rich"} & set(eval(done.stderr))
