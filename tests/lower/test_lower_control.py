"""Whole processes against an interpreter that shares nothing with the lowering: labels, loops, jumps, and a procedure with its variables.

A program is a tuple of `(label or None, statement)`; what is still to be done is such a tuple too, in which a loop comes again after its body.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowering import initial, shown, system_of
from pluscheck.core.semantics import Taken, steps

Program = tuple[Any, ...]
NAMES = ("x", "l", "k", "m")
MOST_STATES = 30

variables = st.sampled_from(("x", "l"))
simple = st.one_of(
    st.tuples(st.just("set"), variables, variables, st.integers(-1, 2)),
    st.tuples(st.just("divide"), variables, variables),
    st.tuples(st.just("await"), variables, st.integers(0, 2)),
)
blocks = st.recursive(
    st.lists(simple, min_size=1, max_size=3),
    lambda inner: st.lists(
        st.one_of(
            simple,
            st.tuples(st.just("if"), variables, st.integers(0, 2), inner, inner),
            st.tuples(st.just("either"), inner, inner),
            st.tuples(st.just("while"), variables, st.integers(0, 2), inner),
            st.tuples(st.just("call"), variables),
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=6,
)


def labelled(block: Any, names: Any, labels: set[int], *, due: bool) -> Program:
    """Return the program of a block, with a label wherever one is due and before every statement whose number is in `labels`."""
    program = []
    for statement in block:
        number = next(names)
        name = f"L{number}" if due or number in labels or statement[0] == "while" else None
        match statement:
            case ("if", variable, bound, yes, no):
                yes, no = (labelled(part, names, labels, due=False) for part in (yes, no))
                statement, due = ("if", variable, bound, yes, no), has_labels(yes) or has_labels(no)
            case ("either", one, other):
                one, other = (labelled(part, names, labels, due=False) for part in (one, other))
                statement, due = ("either", one, other), has_labels(one) or has_labels(other)
            case ("while", variable, bound, body):
                statement, due = ("while", variable, bound, labelled(body, names, labels, due=False)), False
            case _:
                due = statement[0] == "call"
        program.append((name, statement))
    return tuple(program)


def has_labels(program: Program) -> bool:
    return any(
        name is not None
        or statement[0] == "call"
        or any(has_labels(part) for part in statement[1:] if isinstance(part, tuple))
        for name, statement in program
    )


def text(program: Program) -> str:
    return " ".join(f"{'' if name is None else name + ': '}{statement_text(statement)};" for name, statement in program)


def statement_text(statement: Any) -> str:
    match statement:
        case ("set", to, of, more):
            return f"{to} := {of} + {more}" if more >= 0 else f"{to} := {of} - {-more}"
        case ("divide", to, by):
            return f"{to} := 2 \\div {by}"
        case ("await", variable, bound):
            return f"await {variable} # {bound}"
        case ("if", variable, bound, yes, no):
            return f"if ({variable} <= {bound}) {{ {text(yes)} }} else {{ {text(no)} }}"
        case ("either", one, other):
            return f"either {{ {text(one)} }} or {{ {text(other)} }}"
        case ("while", variable, bound, body):
            return f"while ({variable} <= {bound}) {{ {text(body)} }}"
        case ("call", variable):
            return f"call Q({variable})"
        case _:
            return "return"


PROCEDURE: Program = (
    ("Q1", ("set", "x", "k", 1)),
    (None, ("set", "m", "k", 1)),
    ("Q2", ("divide", "m", "k")),
    (None, ("return",)),
)


def ends(
    todo: Program, values: dict[str, int], back: tuple[Program, ...], *, first: bool = True
) -> list[tuple[Program, dict[str, int], tuple[Program, ...]] | str]:
    """Return how the step ends: what is still to be done, the values, and what is to be done after the procedure."""
    if not todo or (todo[0][0] is not None and not first):
        return [(todo, values, back) if all(0 <= value <= 3 for value in values.values()) else "fault"]
    (_, statement), rest = todo[0], todo[1:]
    match statement:
        case ("set", to, of, more):
            return ends(rest, values | {to: values[of] + more}, back, first=False)
        case ("divide", to, by):
            return ["fault"] if values[by] == 0 else ends(rest, values | {to: 2 // values[by]}, back, first=False)
        case ("await", variable, bound):
            return [] if values[variable] == bound else ends(rest, values, back, first=False)
        case ("if", variable, bound, yes, no):
            return ends((yes if values[variable] <= bound else no) + rest, values, back, first=False)
        case ("either", one, other):
            return ends(one + rest, values, back, first=False) + ends(other + rest, values, back, first=False)
        case ("while", variable, bound, body):
            return ends(body + todo if values[variable] <= bound else rest, values, back, first=False)
        case ("call", variable):
            return ends(PROCEDURE, values | {"k": values[variable], "m": values[variable]}, (*back, rest), first=False)
        case _:
            return ends(back[-1], values | {"k": 0, "m": 0}, back[:-1], first=False)


@pytest.mark.parametrize("identifier", ["", "(self \\in 0..0)"])
@settings(max_examples=25, deadline=None)
@given(block=blocks, labels=st.sets(st.integers(0, 8)), start=st.integers(0, 3))
def test_a_process_does_what_its_statements_do_one_by_one(identifier, block, labels, start):
    program = labelled(block, count(), labels, due=True)
    system = system_of(
        f"""
        var x : 0..3 = {start}
        procedure Q(k : 0..3) var m : 0..3 = k; {{ {text(PROCEDURE)} }}
        process P{identifier} var l : 0..3 = 0; {{ {text(program)} }}
        """
    )

    def seen(state: Any) -> tuple[str, ...]:
        found = shown(system, state)
        own = ("pc.P", "x", "l", "k", "m")
        return tuple(found.get(name, "0").removeprefix("(0 :> ").removesuffix(")") for name in own)

    pairs = [(initial(system), (program, dict.fromkeys(NAMES, 0) | {"x": start}, ()))]
    known = {pairs[0][0]}
    while pairs and len(known) < MOST_STATES:
        state, (todo, values, back) = pairs.pop()
        expected: dict[Any, Any] = {}
        for end in ends(todo, values, back) if todo else []:
            if end == "fault":
                expected["fault"] = None
            else:
                at = end[0][0][0] if end[0] else "Done"
                expected[(at, *[str(end[1][name]) for name in NAMES])] = end
        found: dict[Any, Any] = {}
        for outcome in steps(system, state):
            if outcome.action.process == "P":
                taken = isinstance(outcome, Taken)
                found[seen(outcome.target) if taken else "fault"] = outcome.target if taken else None
        assert found.keys() == expected.keys(), text(program)
        for key, target in found.items():
            if target is not None and target not in known:
                known.add(target)
                pairs.append((target, expected[key]))
