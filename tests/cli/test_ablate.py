"""`pluscheck ablate` as a command: what is written, where, and its exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pluscheck.cli.main import main

DOOR = """module Door
enum Side == { left, right }
switch Shut : [Side -> BOOLEAN] == [s \\in Side |-> TRUE]
switch Paint : BOOLEAN == TRUE
var inside : SUBSET Side = {}
action Enter(s \\in Side) { await Shut[s] => inside = {}; inside := inside \\cup {s}; }
action Leave(s \\in Side) { await s \\in inside; inside := inside \\ {s}; }
invariant Alone == inside # Side
witness Entered == inside # {}
model base { }
model open extends base { Shut = [s \\in Side |-> FALSE]; }
"""


@pytest.fixture
def door(tmp_path: Path) -> Path:
    path = tmp_path / "Door.plus"
    path.write_text(DOOR, encoding="utf-8")
    return path


def test_text_names_what_is_needed(door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(door), "--model", "base"]) == 0
    text = capsys.readouterr().out
    assert "exactly one minimal safe set: all but Paint." in " ".join(text.split())
    table = text.splitlines()
    heading = next(i for i, line in enumerate(table) if line.split()[:2] == ["without", "violated"])
    rows = [line.split() for line in table[heading + 1 :]]
    assert rows == [
        ["Shut[left]", "Alone", "2", "Enter", "Enter,", "s", "=", "left"],
        ["Shut[right]", "Alone", "2", "Enter", "Enter,", "s", "=", "right"],
        ["Paint", "(superfluous)"],
    ]
    main(["ablate", str(door), "--model", "base"])
    assert capsys.readouterr().out == text


def test_a_table_for_a_mail(door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(door), "--model", "base", "--format", "markdown"]) == 0
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(table) == 5
    assert len({line.count("|") for line in table}) == 1


def test_runs_and_times_for_a_mail(door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["ablate", str(door), "--model", "base", "--format", "markdown"]
    assert main([*asked, "--traces", "--timings"]) == 0
    text = capsys.readouterr().out
    run = text.split("**without Shut[left]:**")[1].split("`````")[1]
    assert "Enter" in run
    assert "Alone is false" in run
    assert re.search(r"^\d+ questions about runs and 1 proof for 8 settings, [0-9.]+ s$", text, re.MULTILINE)
    main([*asked, "--no-timings"])
    assert "questions" not in capsys.readouterr().out


UNSAFE = """module Unsafe
sort T
switch A : BOOLEAN == TRUE
switch B : BOOLEAN == TRUE
var x : 0..2 = 0
action Up(t \\in T) { await A => x < 2; x := x + 1; }
invariant Low == x < 2
model m { scope T = 3; }
"""


def test_where_no_set_is_safe_nothing_is_blamed_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "Unsafe.plus"
    path.write_text(UNSAFE, encoding="utf-8")
    assert main(["ablate", str(path)]) == 1
    text = capsys.readouterr().out
    assert "decided, for Low, deadlock, faults, with T = 3." in " ".join(text.split())
    assert "More protection" not in text
    table = text.split("What happens with the maximal unsafe sets:")[1]
    assert [line.split()[:4] for line in table.splitlines() if "Low" in line] == [["all", "2", "Low", "2"]]


def test_what_a_model_lacks(door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(door), "--from", "open"]) == 0
    assert "add Shut[left], Shut[right]; no less will do" in " ".join(capsys.readouterr().out.split())


def test_pages_lead_to_the_runs(door: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    assert main(["ablate", str(door), "--model", "base", "--html", str(folder), "--output", str(tmp_path / "o")]) == 0
    links = re.findall(r'href="([^"]+)"', (folder / "ablation.html").read_text(encoding="utf-8"))
    assert set(links) >= {"without_Shut_left.html", "without_Shut_right.html"}
    for link in links:
        page = (folder / link).read_text(encoding="utf-8")
        assert "Alone" in page


def test_runs_in_text(door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ablate", str(door), "--model", "base", "--traces"])
    assert "without Shut[left]:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        (DOOR.replace("# Side", "= {}"), ["--model", "base"], 1),
        (DOOR.replace("# Side", "= {}"), ["--from", "open"], 1),
        (DOOR.replace("await Shut[s] => inside = {}", "await FALSE"), ["--model", "base", "--property", "Entered"], 5),
        (DOOR, ["--model", "base", "--timeout", "0.000001"], 4),
        (DOOR, [], 2),
        (DOOR, ["--model", "nobody"], 2),
        (DOOR, ["--model", "base", "--from", "open"], 2),
        (DOOR, ["--model", "base", "--property", "nothing"], 2),
        (DOOR.replace("switch", "const"), ["--model", "base"], 2),
        (DOOR.replace("SUBSET Side", "SUBSET Nobody"), ["--model", "base"], 3),
        (DOOR + "init FALSE\n", ["--model", "base"], 3),
    ],
)
def test_exit_codes(text: str, arguments: list[str], code: int, tmp_path: Path) -> None:
    path = tmp_path / "Door.plus"
    path.write_text(text, encoding="utf-8")
    assert main(["ablate", str(path), *arguments]) == code


def test_twenty_four_protections(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = ", ".join(f"p{number}" for number in range(12))
    path = tmp_path / "Many.plus"
    path.write_text(
        f"""module Many
enum Part == {{ {parts} }}
switch Lock : [Part -> BOOLEAN] == [p \\in Part |-> TRUE]
switch Clean : [Part -> BOOLEAN] == [p \\in Part |-> TRUE]
var busy : [Part -> BOOLEAN] = [p \\in Part |-> FALSE]
var wrong : BOOLEAN = FALSE
action Begin(p \\in Part) {{
  if (busy[p]) {{ await ~Lock[p]; wrong := TRUE; }} else {{ busy[p] := TRUE; wrong := wrong \\/ ~Clean[p]; }};
}}
action End(p \\in Part) {{ await busy[p]; busy[p] := FALSE; }}
invariant Right == ~wrong
witness Works == \\E p \\in Part : busy[p]
""",
        encoding="utf-8",
    )
    assert main(["ablate", str(path)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "All 16,777,216 settings of 24 protections are decided" in text
    assert "exactly one minimal safe set: all 24." in text


def test_a_folder_with_one_specification_stands_for_it(door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(door.parent)]) == main(["ablate", str(door)])
    capsys.readouterr()
    (door.parent / "Other.plus").write_text("module Other\nvar x : 0..1 = 0\n")
    assert main(["ablate", str(door.parent)]) == 2
    assert "there are 2 specs in" in capsys.readouterr().err


def test_that_there_is_no_order_is_said(door: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(door), "--order", "Any"]) == 2
    assert "there is no order 'Any', nor any other" in capsys.readouterr().err
