"""Traces for people's other tools, whatever a specification's names and formulas are made of: signs, wide letters, letters from the right."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

from pluscheck.report.because import lead
from pluscheck.report.formats.markdown import markdown
from pluscheck.report.formats.mermaid import mermaid
from pluscheck.report.formats.plantuml import plantuml
from pluscheck.report.formats.terminal import run_text
from pluscheck.report.look import Look
from told_runs import run_of

MARKDOWN = MarkdownIt("commonmark").enable("table")

SUMS = """module Sums
var {name} : 0..9 = 3
action Go {{ skip; }}
invariant Small == {formula}
model m {{ expect Small violated; }}
"""
WIDE = """module Wide
extends Mutex
sort 任务
var 锁 : [0..1 -> Mutex(任务)] = [i \\in 0..1 |-> MutexFree]
process 工人(self \\in 任务) { 开始: mutex_lock(锁[0], self); 结束: mutex_lock(锁[1], self); 好: skip; }
witness 到 == \\E t \\in 任务 : pc[t] = "好"
model m { scope 任务 = {甲乙丙, b}; expect 到 reachable; }
"""
FROM_RIGHT = """module Right
enum E == { אלף, בית }
var מצב : E = אלף
action Go { await מצב = אלף; מצב := בית; }
invariant small == מצב # בית
model m { expect small violated; }
"""


def sums(name: str, formula: str) -> str:
    return markdown(run_of(SUMS.format(name=name, formula=formula), "Small").story)


def rendered(text: str) -> str:
    """Return the text of all paragraphs as a renderer has it, each on a line."""
    return "\n".join(
        "".join(" " if child.type == "softbreak" else child.content for child in token.children or ())
        for token in MARKDOWN.parse(text)
        if token.type == "inline"
    )


def lists(text: str) -> int:
    return sum(token.type in ("bullet_list_open", "ordered_list_open") for token in MARKDOWN.parse(text))


@pytest.mark.parametrize("sign", ["-", "+"])
def test_no_sign_of_a_formula_becomes_a_list(sign: str) -> None:
    """Where lines break depends on how long the name is; at one length or another it is before a sign."""
    found = []
    for name in ("x", "xy", "xyz", "xyzz"):
        formula = f"{name} {f'{sign} 0 ' * 30}< 2"
        text = sums(name, formula)
        assert lists(text) == 1
        assert f"{formula} is FALSE" in rendered(text)
        found += re.findall(rf"^  \\?\{sign} 0", text, re.MULTILINE)
    assert found


def test_a_sign_that_a_reason_begins_with_is_no_list() -> None:
    text = sums("x", "- x > 0")
    assert lists(text) == 1
    assert "- x > 0 is FALSE" in rendered(text)


def test_what_is_wide_on_a_terminal_shifts_no_column() -> None:
    run = run_of(WIDE, "到")
    drawn = run_text(run.story, run.trace, Look(width=80)).splitlines()
    heading = next(number for number, line in enumerate(drawn) if line.startswith("after step"))
    acting, held, second = (drawn[heading + number] for number in (1, 3, 5))
    steps = {step: cell_len(drawn[heading][: drawn[heading].rindex(step)]) for step in "12"}
    assert [cell_len(acting[: at.start()]) for at in re.finditer("●", acting)] == [steps["1"], steps["2"]]
    assert cell_len(held[: held.index("X")]) == steps["1"]
    assert cell_len(second[: second.index("X")]) == steps["2"]


def test_what_is_wide_shifts_no_border_of_a_table() -> None:
    rows = [line for line in markdown(run_of(WIDE, "到").story).splitlines() if line.startswith("|")]
    assert len(rows) == 5
    borders = {cell_len(row[: [at.start() for at in re.finditer(r"\|", f"{row} |")][2]]) for row in rows}
    assert len(borders) == 1


def test_what_is_written_from_the_right_does_not_turn_an_arrow() -> None:
    """Isolates, as Unicode's annex 9 has them: what is between them is to what is around them as one neutral character."""
    story = run_of(FROM_RIGHT, "small").story
    whole = "\u2068מצב\u2069: \u2068אלף\u2069 → \u2068בית\u2069"
    assert f"`{whole}`" in markdown(story)
    read = re.sub("#([0-9]+);", lambda code: chr(int(code[1])), mermaid(story))
    assert f": {whole}\n" in read
    read = re.sub("<U[+]([0-9A-F]+)>", lambda code: chr(int(code[1], 16)), plantuml(story))
    assert f"{whole}\n" in read
    sentences = [line for line in markdown(story).splitlines() if line.startswith("- ")]
    assert sentences
    assert all(line.startswith("- \u200e") for line in sentences)  # from the left, though its first letter is not


def test_a_name_keeps_its_first_letter_where_a_sentence_begins() -> None:
    story = run_of(FROM_RIGHT, "small").story
    assert lead(story) == "small is violated after 1 step."
    assert "small is violated" in mermaid(story)
    assert "small is violated" in plantuml(story)
    assert "Small" not in mermaid(story) + plantuml(story) + markdown(story)
