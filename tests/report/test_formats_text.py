"""Traces for people's other tools: sequence diagrams, Markdown, state graphs, and the picture of letters. What is read is approved as golden files;
`UPDATE_GOLDEN=1 pytest tests/report` writes them anew, to be looked at in the diff. Whatever a specification calls its things, text stays text.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pluscheck.pipeline.options import UsageError
from pluscheck.pipeline.state_graph import state_graph
from pluscheck.pipeline.trace_files import Told
from pluscheck.report.formats import mermaid as mermaid_module
from pluscheck.report.formats import plantuml as plantuml_module
from pluscheck.report.formats.dot import dot
from pluscheck.report.formats.lock_events import Deed, lock_events
from pluscheck.report.formats.markdown import WIDTH, markdown
from pluscheck.report.formats.mermaid import mermaid
from pluscheck.report.formats.plantuml import plantuml
from pluscheck.report.formats.terminal import run_text
from pluscheck.report.look import Look
from stories import LOCKS
from told_runs import FAULTY, RACE, START, run_of, with_text

GOLDEN = Path(__file__).parent / "golden"

RUNS = {
    "race": (RACE, "NothingStale"),
    "step": (RACE, "Grows"),
    "witness": (RACE, "BothHold"),
    "deadlock": (LOCKS, "deadlock"),
    "fault": (FAULTY, "faults"),
    "start": (START, "Zero"),
}
HOSTILE = [
    "", ";", "#35;", "\n", "\r\nend note\r\n", "%%{init: {}}%%", "<b>x</b>", "<br/>", '"', "\\", "\\n", "|", "`", "``", "~~~", "**", "__", "[[x]]", "]]", "end",
    "&amp;", "style a:#1;", "$x$", "!include x", "%date()", "<U+0041>", "*/", "'", "/'", "@enduml", "]", "[x](y)", "![i](j)", "\u2028", "é", "\U0001f512",
]  # fmt: skip


@cache
def told(name: str) -> Told:
    return run_of(*RUNS[name])


def graph(run: Told) -> str:
    return dot(state_graph(run.system, run.run, run.story, most=400))


FORMATS = {
    "mmd": lambda run: mermaid(run.story),
    "puml": lambda run: plantuml(run.story),
    "md": lambda run: markdown(run.story),
    "60.txt": lambda run: run_text(run.story, run.trace, Look(width=60)),
    "80.txt": lambda run: run_text(run.story, run.trace, Look(width=80, color=True)),
    "140.txt": lambda run: run_text(run.story, run.trace, Look(width=140)),
    "ascii.txt": lambda run: run_text(run.story, run.trace, Look(width=80, unicode=False)),
    "dot": graph,
}


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in RUNS for form in FORMATS if form != "dot" or name in ("fault", "start")],
)
def test_a_trace_is_written_as_it_was_approved(name: str, form: str) -> None:
    file = GOLDEN / f"trace.{name}.{form}"
    text = FORMATS[form](told(name))
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------------- lock events


def test_every_change_of_a_lock_is_told() -> None:
    story = told("race").story
    held: set[tuple[str, str, str]] = set()
    for state, events in zip(story.states, lock_events(story), strict=True):
        for event in events:
            if event.deed is Deed.ACQUIRE:
                held.add((story.locks[event.lock], event.holder, event.mode))
            elif event.deed is Deed.RELEASE:
                held.remove((story.locks[event.lock], event.holder, event.mode))
        assert held == {
            (lock, holder, holding.mode)
            for lock, holdings in zip(story.locks, state.holdings, strict=True)
            for holding in holdings
            for holder in holding.holders
        }


def test_in_a_deadlock_both_wait() -> None:
    story = told("deadlock").story
    waits = [(event.holder, story.locks[event.lock]) for event in lock_events(story)[-1] if event.deed is Deed.WAIT]
    assert sorted(waits) == [("Task1", "lock[b]"), ("Task2", "lock[a]")]


# --------------------------------------------------------------------------------------------------------- Mermaid

MERMAID_TEXT = r"[\w .,:()=→…'/|*\[\]{}-]|\#[0-9]+;"
MERMAID_LINE = re.compile(
    rf"""sequenceDiagram
    |\ {{4}}title\ (?:{MERMAID_TEXT})*
    |\ {{4}}participant\ (?:process|lock)[0-9]+\ as\ (?:{MERMAID_TEXT})*
    |\ {{4}}(?:process|lock)[0-9]+(?:->>|-->>|-x)(?:process|lock)[0-9]+:\ (?:{MERMAID_TEXT})*
    |\ {{4}}Note\ over\ (?:process|lock)[0-9]+(?:,(?:process|lock)[0-9]+)?:\ (?:{MERMAID_TEXT}|<br/>)*""",
    re.VERBOSE | re.ASCII,
)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_mermaid_is_a_diagram_whatever_the_names(name: str, hostile: str) -> None:
    lines = mermaid(with_text(told(name).story, hostile)).splitlines()
    assert [line for line in lines if not MERMAID_LINE.fullmatch(line)] == []
    participants = [line.split(" as ", 1)[0].split()[1] for line in lines if line.startswith("    participant")]
    assert len(set(participants)) == len(participants)
    for line in lines:
        for mentioned in re.findall(r"(?:process|lock)[0-9]+", line.split(": ")[0].split(" as ")[0]):
            assert line.startswith("    title") or mentioned in participants


@given(st.text())
def test_mermaid_reads_what_was_written(text: str) -> None:
    written = mermaid_module._text(text)
    assert re.sub("#([0-9]+);", lambda code: chr(int(code[1])), written) == text
    assert not re.search(r"%%|<|style.*:\S*#.*;|classDef.*:\S*#.*;", f"a: {written}")
    assert not re.match(r"(?:no)?wrap:", written)


# -------------------------------------------------------------------------------------------------------- PlantUML


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_plantuml_is_a_diagram_whatever_the_names(name: str, hostile: str) -> None:
    text = plantuml(with_text(told(name).story, hostile))
    assert text.isascii()
    lines = text.splitlines()
    assert lines[0] == "@startuml"
    assert lines[-1] == "@enduml"
    in_note = False
    for line in lines[4:-1]:
        if in_note:
            in_note = line != "end note"
            assert not re.match(r"end|[!'=. -]", line) or not in_note
        elif line.startswith("note over "):
            in_note = True
        else:
            assert re.fullmatch(
                r'title [^!\'%"<>\\]*(<U\+[0-9A-F]+>[^!\'%"<>\\]*)*'
                r'|participant "[^"]*" as (process|lock)\d+( #LightYellow)?'
                r"|(process|lock)\d+ (->|-->|->x) (process|lock)\d+ : .*",
                line,
            ), line
    assert not in_note


@given(st.text())
def test_plantuml_reads_what_was_written(text: str) -> None:
    written = plantuml_module._text(text)
    assert re.sub("<U[+]([0-9A-F]+)>", lambda code: chr(int(code[1], 16)), written) == text
    bare = re.sub("<U[+][0-9A-F]+>", "", written)
    assert not re.search(r"[^A-Za-z0-9_ .,:()\[\]{}=-]", bare)
    assert not re.match(r"end|[!'=.: -]", written)


# -------------------------------------------------------------------------------------------------------- Markdown

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def cells(text: str) -> list[list[str]]:
    """Return the table's rows as text, as a renderer has them; without the heading."""
    tokens = MARKDOWN.parse(text)
    rows: list[list[str]] = []
    for before, token in pairwise(tokens):
        if before.type == "tr_open":
            rows.append([])
        if before.type in ("td_open", "th_open"):
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows[1:]


def test_markdown_fits_a_commit_message() -> None:
    for name in RUNS:
        assert max(map(len, markdown(told(name).story).splitlines())) <= WIDTH


def test_markdown_has_every_step_and_every_reason() -> None:
    rows = cells(markdown(told("race").story))
    assert [row[0] for row in rows if row[0]] == ["1", "2", "3", "4", "5"]
    assert [row[1] for row in rows if row[1] and not row[0]] == ["Task1", "Task2", "Task1", "Task2", "Task1"]
    assert rows[1] == ["1", "Take", "acquires lock (S)"]
    assert "pair[2]: FALSE → TRUE" in [row[2] for row in rows]
    assert "seen[t] = Some(page) is FALSE, with t = Task2" in markdown(told("race").story)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_markdown_is_a_table_whatever_the_names(name: str, hostile: str) -> None:
    story = with_text(told(name).story, hostile)
    text = markdown(story)
    kinds = {token.type for token in MARKDOWN.parse(text)}
    kinds |= {child.type for token in MARKDOWN.parse(text) for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "em_open", "s_open", "fence", "heading_open"}
    rows = cells(text)
    assert all(len(row) == 3 for row in rows)
    assert len([row for row in rows if row[0]]) == len(story.steps)
    plain = " ".join(hostile.split())
    names = [row[1] for row in rows if row[0]]
    for step, name in zip(story.steps, names, strict=True):
        assert name.startswith(" ".join(step.action.rpartition(".")[2].split()))
        assert plain in name or "." in plain


# ------------------------------------------------------------------------------------------------------------- dot

DOT_STRING = r'"(?:[^"\\\n]|\\.)*"'
DOT_LINE = re.compile(rf"  s\d+(?: -> s\d+)? \[\w+=(?:{DOT_STRING}|\d+)(?:, \w+=(?:{DOT_STRING}|\d+))*\];")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_dot_is_a_graph_whatever_the_names(hostile: str) -> None:
    run = told("deadlock")
    drawn = state_graph(run.system, run.run, run.story)
    drawn = replace(
        drawn,
        title=drawn.title + hostile,
        states=tuple(replace(state, lines=tuple(line + hostile for line in state.lines)) for state in drawn.states),
        steps=tuple(replace(step, lines=tuple(line + hostile for line in step.lines)) for step in drawn.steps),
    )
    lines = dot(drawn).splitlines()
    assert [line for line in lines[4:-1] if not DOT_LINE.fullmatch(line)] == []
    assert lines[0] == "digraph states {"
    assert lines[-1] == "}"


def test_the_graph_has_all_states_and_the_run_in_it() -> None:
    run = told("deadlock")
    drawn = state_graph(run.system, run.run, run.story)
    assert [state.is_initial for state in drawn.states] == [True] * drawn.path[0] + [
        number < 4 for number in range(drawn.path[0], len(drawn.states))
    ]
    edges = {(step.source, step.target) for step in drawn.steps}
    assert set(zip(drawn.path, drawn.path[1:], strict=False)) <= edges
    assert drawn.states[drawn.path[-1]].is_bad
    stuck = {number for number in range(len(drawn.states)) if not any(source == number for source, _ in edges)}
    assert {number for number, state in enumerate(drawn.states) if state.is_bad} <= stuck


def test_a_step_that_violates_is_marked_as_a_step() -> None:
    run = told("step")
    drawn = state_graph(run.system, run.run, run.story, most=400)
    assert not any(state.is_bad for state in drawn.states)
    assert next(step for step in drawn.steps if (step.source, step.target) == drawn.path[-2:]).is_bad


def test_more_states_than_anybody_reads_are_refused() -> None:
    run = told("deadlock")
    with pytest.raises(UsageError, match="more than 3 reachable states"):
        state_graph(run.system, run.run, run.story, most=3)


# -------------------------------------------------------------------------------------------------------- terminal


@pytest.mark.parametrize("width", [40, 60, 80, 140])
@pytest.mark.parametrize("name", RUNS)
def test_no_line_is_wider_than_asked(name: str, width: int) -> None:
    run = told(name)
    assert max(len(line) for line in run_text(run.story, run.trace, Look(width=width)).splitlines()) <= width


@pytest.mark.parametrize("name", RUNS)
def test_ascii_is_ascii_and_no_colour_is_none(name: str) -> None:
    run = told(name)
    plain = run_text(run.story, run.trace, Look(width=80, unicode=False))
    assert plain.isascii()
    assert "\x1b" not in plain
    assert "\x1b" in run_text(run.story, run.trace, Look(width=80, color=True))


@pytest.mark.parametrize("hostile", ["\x1b[31m", "\r", "[bold]", "\n", "\x9b"])
def test_no_name_speaks_to_the_terminal(hostile: str) -> None:
    run = told("deadlock")
    text = run_text(with_text(run.story, hostile), run.trace, Look(width=80))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


# ------------------------------------------------------------------------------------------------------------- size

LONG = (
    "module Long\nextends Mutex\nsort Task\nvar lock : Mutex(Task) = MutexFree\nvar n : 0..170 = 0\n"
    + "".join(f"var v{number} : 0..170 = 0\n" for number in range(56))
    + "process Run(self \\in Task)\n{\n  Take:  while (TRUE) { mutex_lock(lock, self);\n"
    + "  Count: await n < 167; n := n + 1; v0 := n; v7 := n; v50 := n;\n  Give:  mutex_unlock(lock, self); }\n}\n"
    + "model m { scope Task = 1; expect deadlock violated; }\n"
)


def test_a_long_run_over_many_variables_is_written_at_once() -> None:
    run = run_of(LONG, "deadlock")
    assert len(run.story.steps) > 500
    assert len(run.story.paths) >= 60 - 1
    for form in set(FORMATS) - {"dot"}:
        started = time.process_time()
        assert len(FORMATS[form](run).splitlines()) > len(run.story.steps)
        assert time.process_time() - started < 5
