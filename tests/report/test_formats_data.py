"""Traces for programs: ITF by its published document, and JSON by our schema. Nothing is lost on the way, and nothing of it depends on the day."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pluscheck.base.source import NOWHERE
from pluscheck.core import types as t
from pluscheck.core.sets import elements, shape_of_type
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import NOTHING, Atom, Function, Record, Some, Value
from pluscheck.pipeline.trace_files import Told
from pluscheck.report.formats.itf import itf_text, itf_value
from pluscheck.report.formats.trace_json import trace_json
from pluscheck.report.model import Answer
from stories import LOCKS
from told_runs import FAULTY, RACE, START, run_of, with_text

ITF: dict[str, Any] = json.loads((Path(__file__).parent / "itf.schema.json").read_text(encoding="utf-8"))
EXPR: dict[str, Any] = {"$schema": ITF["$schema"], "$defs": ITF["$defs"], "$ref": "#/$defs/expr"}
TRACE: dict[str, Any] = json.loads(
    (files("pluscheck") / "report" / "formats" / "trace.schema.json").read_text(encoding="utf-8")
)

RUNS = [
    (RACE, "NothingStale"),
    (RACE, "Grows"),
    (RACE, "BothHold"),
    (LOCKS, "deadlock"),
    (FAULTY, "faults"),
    (START, "Zero"),
]


@cache
def told(text: str, name: str) -> Told:
    return run_of(text, name)


def itf(run: Told) -> Any:
    return json.loads(itf_text(run.story, run.system.variables, run.run.states))


# ------------------------------------------------------------------------------------------------ a reader of ITF


def value_of(expr: Any, of: t.Type, scope: t.Scope) -> Value:
    """Return the value of this type that an expression of ITF stands for, by the format's document alone."""
    match of, expr:
        case t.BoolType(), bool():
            return expr
        case ((t.RangeType() | t.AmongType()), {"#bigint": str(digits)}):
            return int(digits)
        case ((t.EnumType() | t.SortType() | t.UnionType() | t.AmongType()), str()):
            return atom(expr, of, scope)
        case t.OptionType(), {"tag": "None"}:
            return NOTHING
        case t.OptionType(element), {"tag": "Some", "value": inner}:
            return Some(value_of(inner, element, scope))
        case t.RecordType(parts), dict():
            assert set(expr) == {name for name, _ in parts}
            return Record.of({name: value_of(expr[name], part, scope) for name, part in parts})
        case t.FunctionType(domain, target), {"#map": pairs}:
            return Function.of({value_of(a, domain, scope): value_of(v, target, scope) for a, v in pairs})
        case t.TupleType(items), {"#tup": parts}:
            return tuple(value_of(part, item, scope) for part, item in zip(parts, items, strict=True))
        case t.SeqType(element, _), list():
            return tuple(value_of(part, element, scope) for part in expr)
        case t.SetType(element), {"#set": parts}:
            return frozenset(value_of(part, element, scope) for part in parts)
        case _:
            raise AssertionError(f"{expr} is no {of}")


def atom(label: str, of: t.Type, scope: t.Scope) -> Value:
    match of:
        case t.EnumType():
            every: tuple[Value, ...] = t.enum_atoms(of)
        case t.SortType(name):
            every = scope[name]
        case t.UnionType(_, parts):
            every = tuple(
                a for part in parts for a in (t.enum_atoms(part) if isinstance(part, t.EnumType) else scope[part.name])
            )
        case t.AmongType(values):
            every = values
        case _:
            raise AssertionError(of)
    (found,) = [a for a in every if isinstance(a, Atom) and a.label == label]
    return found


def states_of(document: Any, system: TransitionSystem) -> tuple[State, ...]:
    assert document["vars"] == [variable.name for variable in system.variables]
    return tuple(
        tuple(value_of(state[variable.name], variable.type, system.scope) for variable in system.variables)
        for state in document["states"]
    )


# ------------------------------------------------------------------------------------------------------------- ITF


def test_the_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(ITF)
    Draft202012Validator.check_schema(TRACE)


@pytest.mark.parametrize(("text", "name"), RUNS)
def test_itf_follows_its_document_and_turns_back_into_the_states(text: str, name: str) -> None:
    run = told(text, name)
    document = itf(run)
    Draft202012Validator(ITF).validate(document)
    assert states_of(document, run.system) == run.run.states
    assert set(document["#meta"]["varTypes"]) == set(document["vars"])
    for number, state in enumerate(document["states"]):
        assert set(state) == {"#meta", *document["vars"]}
        assert state["#meta"]["index"] == number


def test_the_meta_of_a_state_says_how_it_came_about() -> None:
    run = told(RACE, "NothingStale")
    meta = [state["#meta"] for state in itf(run)["states"]]
    assert meta[0] == {"index": 0}
    assert [(m["process"], m["action"]) for m in meta[1:]] == [
        ("Task1", "Copy.Take"), ("Task2", "Copy.Take"), ("Task1", "Copy.Look"), ("Task2", "Copy.Look"), ("Task1", "Copy.Write"),
    ]  # fmt: skip
    lines = RACE.splitlines()
    assert all(
        lines[m["place"]["line"] - 1].strip().startswith(m["action"].removeprefix("Copy.") + ":") for m in meta[1:]
    )
    (up,) = itf(told(FAULTY, "faults"))["states"][1:]
    assert (up["#meta"]["action"], up["#meta"]["arguments"]) == ("Up", {"by": "1"})
    assert "process" not in up["#meta"]


def test_a_run_that_goes_on_for_ever_has_its_loop() -> None:
    run = told(RACE, "NothingStale")
    document = json.loads(itf_text(replace(run.story, loop=2), run.system.variables, run.run.states))
    Draft202012Validator(ITF).validate(document)
    assert document["loop"] == 2


SCOPE: t.Scope = {"S": (Atom("S", 0, "S1"), Atom("S", 1, "S2"))}


def types() -> st.SearchStrategy[t.Type]:
    simple = st.sampled_from(
        [t.BoolType(), t.RangeType(-2, 1), t.EnumType("E", ("e1", "e2")), t.SortType("S"), t.AmongType((0, 2))]
    )
    keys = st.sampled_from([t.BoolType(), t.SortType("S"), t.TupleType((t.BoolType(), t.SortType("S")))])
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            inner.map(t.OptionType),
            st.builds(t.FunctionType, keys, inner),
            st.builds(t.SeqType, inner, st.just(2)),
            st.lists(inner, max_size=2).map(lambda items: t.TupleType(tuple(items))),
            st.lists(inner, min_size=1, max_size=2).map(lambda items: t.RecordType(tuple(zip("ab", items, strict=False)))),
            simple.map(t.SetType),
        ),
        max_leaves=4,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(types(), st.integers(0, 999))
def test_every_value_comes_back(of: t.Type, choice: int) -> None:
    if t.cardinality(of, SCOPE) > 5_000:
        return
    every = elements(shape_of_type(of, SCOPE, NOWHERE), NOWHERE)
    value = every[choice % len(every)]
    expr = json.loads(json.dumps(itf_value(value, of)))
    Draft202012Validator(EXPR).validate(expr)
    assert value_of(expr, of, SCOPE) == value


# ------------------------------------------------------------------------------------------------------------ JSON


@pytest.mark.parametrize(("text", "name"), RUNS)
def test_json_follows_its_schema_and_has_what_the_run_has(text: str, name: str) -> None:
    story = told(text, name).story
    document = json.loads(trace_json(story))
    Draft202012Validator(TRACE).validate(document)
    values = [tuple(state["values"][path] for path in story.paths) for state in document["states"]]
    assert values == [state.values for state in story.states]
    for before, step, after in zip(document["states"], document["steps"], document["states"][1:], strict=False):
        for change in step["changes"]:
            assert before["values"].get(change["path"], change["old"]) == change["old"]
            assert after["values"].get(change["path"], change["new"]) == change["new"]
    assert document["verdict"] == ("reached" if story.answer is Answer.REACHED else "violated")


def test_json_says_who_holds_what() -> None:
    states = json.loads(trace_json(told(RACE, "NothingStale").story))["states"]
    assert states[0]["held"] == {}
    assert states[2]["held"] == {"lock": [{"part": "shared", "mode": "S", "holders": ["Task1", "Task2"], "count": 2}]}
    last = json.loads(trace_json(told(LOCKS, "deadlock").story))["states"][-1]
    assert last["cycles"] == [["Task1", "Task2"]]
    assert {(wait["process"], *wait["on"]) for wait in last["waits"]} == {("Task1", "Task2"), ("Task2", "Task1")}


def test_json_says_which_step_faults() -> None:
    fault = json.loads(trace_json(told(FAULTY, "faults").story))["fault"]
    assert (fault["code"], fault["step"]["action"], fault["step"]["arguments"]) == ("PC701", "Up", {"by": "2"})


@pytest.mark.parametrize("hostile", ['"', "\\", "\n", "</script>", "\u2028", "\U0001f512", "#tup", "\ud800"])
def test_hostile_text_stays_text(hostile: str) -> None:
    run = told(LOCKS, "deadlock")
    story = with_text(run.story, hostile)
    for text in (trace_json(story), itf_text(story, run.system.variables, run.run.states)):
        assert text.isascii()
        document = json.loads(text)
        assert document
    assert json.loads(trace_json(story))["steps"][0]["action"] == f"Tick{hostile}"


@pytest.mark.parametrize(("text", "name"), RUNS)
def test_the_same_run_has_the_same_bytes(text: str, name: str) -> None:
    first, second = told(text, name), run_of(text, name)
    assert trace_json(first.story) == trace_json(second.story)
    assert itf_text(first.story, first.system.variables, first.run.states) == itf_text(
        second.story, second.system.variables, second.run.states
    )


MANY = """module Many
var n : 0..9 = 0
process P {{ A: either {ways} }}
model m {{ expect deadlock violated; }}
"""


@pytest.mark.parametrize(("ways", "unsaid"), [(2, 0), (4, 0), (5, 1), (7, 3)])
def test_what_is_left_out_of_why_not_is_counted(ways: int, unsaid: int) -> None:
    text = MANY.format(ways=" or ".join(f"{{ await n = {number}; n := 0; }}" for number in range(1, ways + 1)))
    document = json.loads(trace_json(run_of(text, "deadlock").story))
    Draft202012Validator(TRACE).validate(document)
    (state,) = document["states"]
    assert len(state["blocked"]) == ways - unsaid
    assert state["unsaid"] == ([{"process": "P", "choices": unsaid}] if unsaid else [])
    told = " ".join(document["because"])
    assert all(f"n = {number} is FALSE" in told for number in range(1, ways + 1))
