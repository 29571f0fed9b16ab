"""What statements do within one atomic step, as PlusCal has it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowering import codes, initial, named, run, system_of
from pluscheck.core.semantics import Broken, Taken, steps
from pluscheck.core.values import Function, Value

XY = "var x : 0..9 = 1\nvar y : 0..9 = 2\n"


def after(action: str) -> dict[str, str]:
    """Return the state after one action on `x = 1`, `y = 2`."""
    return run(f"{XY} action A {{ {action} }}", "A")


def outcomes(declarations: str, action: str) -> list[dict[str, str] | str]:
    system = system_of(f"{declarations} action A {{ {action} }}")
    return named(system, initial(system), "A")


def test_later_statements_see_earlier_assignments():
    assert after("x := x + 1; y := x + 1; x := y + x") == {"x": "5", "y": "3"}


def test_simultaneous_assignments_do_not_see_each_other():
    assert after("x := y || y := x") == {"x": "2", "y": "1"}


def test_what_is_not_assigned_stays():
    assert after("x := 5") == {"x": "5", "y": "2"}


def test_only_the_value_at_the_end_has_to_be_in_range():
    assert after("x := x - 5; x := x + 5") == {"x": "1", "y": "2"}
    assert outcomes(XY, "x := x - 5") == ["PC701"]


def test_an_await_after_an_assignment_sees_it_and_can_stop_the_step():
    assert outcomes(XY, "x := 3; await x = 3") == [{"x": "3", "y": "2"}]
    assert outcomes(XY, "x := 3; await x = 1") == []


def test_faults_come_in_the_order_of_statements():
    f = "var f : [0..1 -> 0..1] = [i \\in 0..1 |-> 0]\nvar x : 0..1 = 0\n"
    assert outcomes(f, "x := f[7]; await FALSE") == ["PC702"]
    assert outcomes(f, "await FALSE; x := f[7]") == []
    assert outcomes(f, "x := f[7]; assert FALSE") == ["PC702"]
    assert outcomes(f, "assert FALSE; x := f[7]") == ["PC710"]
    assert outcomes(f, "x := f[7]; x := 1") == ["PC702"]
    assert outcomes(f, "f[7] := 1") == ["PC702"]


def test_a_branch_not_taken_faults_nowhere():
    f = "var f : [0..1 -> 0..1] = [i \\in 0..1 |-> 0]\nvar x : 0..1 = 0\n"
    same = {"f": "(0 :> 0 @@ 1 :> 0)"}
    assert outcomes(f, "if (x = 1) { x := f[7]; x := x + 1; assert FALSE; }") == [same | {"x": "0"}]
    assert outcomes(f, "if (x = 1) { await FALSE; } else { x := 1; await x = 1; }") == [same | {"x": "1"}]
    assert outcomes(f, "if (x = 0) { if (x = 1) { x := f[7]; await FALSE; } else { x := 1; } }") == [same | {"x": "1"}]


def test_nested_parts_can_be_assigned():
    box = """
    enum Id == {a, b}
    type Box == [n : 0..3, items : Seq(Id, 3), pair : (0..1) \\X BOOLEAN]
    var f : [Id -> Box] = [i \\in Id |-> [n |-> 0, items |-> <<a, b>>, pair |-> <<0, FALSE>>]]
    """
    (state,) = outcomes(box, "f[a].items[2] := a || f[a].n := 3; f[b].pair[2] := TRUE; f[b].items := Tail(f[b].items)")
    assert state == {
        "f": "(a :> [items |-> <<a, a>>, n |-> 3, pair |-> <<0, FALSE>>]"
        " @@ b :> [items |-> <<b>>, n |-> 0, pair |-> <<0, TRUE>>])"
    }
    assert outcomes(box, "f[a].items[3] := a") == ["PC703"]
    assert outcomes(box, "f[a].items := f[a].items \\o f[a].items") == ["PC704"]
    assert outcomes(box, "f[a].n := 2; f[b].n := 4; f[b].items := <<>>") == ["PC701"]


def test_two_parts_of_one_variable_are_assigned_at_once():
    f = "var f : [0..1 -> 0..1] = [i \\in 0..1 |-> i]"
    assert outcomes(f, "f[0] := f[1] || f[1] := f[0]") == [{"f": "(0 :> 1 @@ 1 :> 0)"}]


def test_with_binds_any_element_or_a_value():
    assert outcomes(XY, "with (a \\in {3, 4}, b = a + 1) { x := b; }; with (a \\in {y, 7}) { y := a; }") == [
        {"x": "4", "y": "2"},
        {"x": "4", "y": "7"},
        {"x": "5", "y": "2"},
        {"x": "5", "y": "7"},
    ]
    assert outcomes(XY, "x := 4; with (a \\in 1..x - 4) { y := a; }") == []


def test_either_takes_every_branch():
    assert outcomes(XY, "either { x := 3; } or { await x = 2; y := 3; } or { skip; }; y := y + x") == [
        {"x": "3", "y": "5"},
        {"x": "1", "y": "3"},
    ]


def test_operators_called_after_an_assignment_see_it():
    operators = """
    RECURSIVE Down(_)
    Down(n) == IF n = 0 THEN x ELSE Down(n - 1)
    Now == x
    Plus(n) == Now + n
    """
    assert outcomes(XY + operators, "x := 4; y := Plus(1); x := Down(2) + Now - Plus(0)") == [{"x": "4", "y": "5"}]


def test_names_are_not_captured_when_operators_are_written_out():
    operators = """
    Apply(F(_), v) == \\E k \\in {v} : F(k)
    Twice(F(_), v) == Apply(LAMBDA w : Apply(F, w), v)
    RECURSIVE Fold(_, _, _)
    Fold(F(_, _), acc, n) == IF n = 0 THEN acc ELSE Fold(F, F(acc, n), n - 1)
    """
    body = "with (a = x + 1) { await Twice(LAMBDA m : m = a, 2) /\\ ~Twice(LAMBDA m : m = a, 3); }"
    assert outcomes(XY + operators, body) == [{"x": "1", "y": "2"}]
    body = "x := 2; with (n1 \\in {3}) { y := Fold(LAMBDA p, q : p + q * x, n1, 2) }"
    assert outcomes(XY + operators, body) == [{"x": "2", "y": "9"}]


def test_a_step_with_too_many_ways_through_it_is_a_diagnostic():
    either = "either { x := 1; } or { y := 1; };"
    assert codes(f"{XY} action A {{ {either * 8} }}") == []
    assert codes(f"{XY} action A {{ {either * 40} }}") == ["PC602"]


# ---------------------------------------------------------------------------- a law over random blocks


class StuckError(Exception):
    """The step is not possible."""


class WrongError(Exception):
    """Something is not defined."""


State = dict[str, Value]
names = st.sampled_from(["x", "y"])
expressions = st.recursive(
    st.one_of(st.integers(0, 3).map(lambda n: ("number", n)), names.map(lambda n: ("variable", n)), st.just(("sum",))),
    lambda inner: st.one_of(
        st.tuples(st.just("plus"), inner, inner),
        st.tuples(st.just("minus"), inner, inner),
        st.tuples(st.just("f"), inner),
    ),
    max_leaves=4,
)
conditions = st.tuples(st.sampled_from(["<", "<=", "="]), expressions, expressions)
assignments = st.one_of(
    st.tuples(st.just("set"), names, expressions), st.tuples(st.just("put"), expressions, expressions)
)
simple = st.one_of(
    assignments,
    assignments,
    st.tuples(st.just("swap"), expressions, expressions),
    st.tuples(st.just("await"), conditions),
    st.tuples(st.just("assert"), conditions),
)
blocks = st.recursive(
    st.lists(simple, min_size=1, max_size=3),
    lambda inner: st.lists(
        st.one_of(
            simple,
            st.tuples(st.just("if"), conditions, inner, inner),
            st.tuples(st.just("if"), conditions, inner, inner),
            st.tuples(st.just("either"), inner, inner),
            st.tuples(st.just("with"), expressions, inner),
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=5,
)


def expression_text(expr) -> str:
    match expr:
        case ("number", n):
            return str(n)
        case ("variable", name):
            return name
        case ("sum",):
            return "Sum"
        case ("f", index):
            return f"f[{expression_text(index)}]"
        case ("plus", left, right):
            return f"({expression_text(left)} + {expression_text(right)})"
        case (("minus" | "<" | "<=" | "=") as operator, left, right):
            sign = "-" if operator == "minus" else operator
            return f"({expression_text(left)} {sign} {expression_text(right)})"
    raise AssertionError(expr)


def block_text(block, depth: int = 0) -> str:
    lines = []
    for statement in block:
        match statement:
            case ("set", name, value):
                lines.append(f"{name} := {expression_text(value)};")
            case ("put", index, value):
                lines.append(f"f[{expression_text(index)}] := {expression_text(value)};")
            case ("swap", left, right):
                lines.append(f"x := {expression_text(left)} || y := {expression_text(right)};")
            case (("await" | "assert") as word, condition):
                lines.append(f"{word} {expression_text(condition)};")
            case ("if", condition, yes, no):
                branches = f"{{ {block_text(yes, depth)} }} else {{ {block_text(no, depth)} }}"
                lines.append(f"if ({expression_text(condition)}) {branches};")
            case ("either", one, other):
                lines.append(f"either {{ {block_text(one, depth)} }} or {{ {block_text(other, depth)} }};")
            case ("with", value, inner):
                name = f"a{depth}"
                lines.append(
                    f"with ({name} = {expression_text(value)}) {{ x := {name}; {block_text(inner, depth + 1)} y := {name}; }};"
                )
    return " ".join(lines)


def value_of(expr, state: State) -> int:
    match expr:
        case ("number", n):
            return n
        case ("variable", name):
            return state[name]
        case ("sum",):
            return state["x"] + state["y"]
        case ("f", index):
            at = value_of(index, state)
            if at not in state["f"]:
                raise WrongError
            return state["f"][at]
        case ("plus", left, right):
            return value_of(left, state) + value_of(right, state)
        case ("minus", left, right):
            return value_of(left, state) - value_of(right, state)
    raise AssertionError(expr)


def truth_of(condition, state: State) -> bool:
    operator, left, right = condition
    a, b = value_of(left, state), value_of(right, state)
    return {"<": a < b, "<=": a <= b, "=": a == b}[operator]


def ways(block, state: State) -> list[State | None]:
    """Return every state after the block (not yet looked at for its range); None for a way that ends in a fault."""
    states: list[State | None] = [state]
    for statement in block:
        following: list[State | None] = []
        for before in states:
            try:
                following += [None] if before is None else carried_out(statement, before)
            except WrongError:
                following.append(None)
            except StuckError:
                pass
        states = following
    return states


def carried_out(statement, state: State) -> list[State | None]:
    match statement:
        case ("set", name, value):
            return [state | {name: value_of(value, state)}]
        case ("put", index, value):
            at, new = value_of(index, state), value_of(value, state)
            if at not in state["f"]:
                raise WrongError
            return [state | {"f": state["f"] | {at: new}}]
        case ("swap", left, right):
            return [state | {"x": value_of(left, state), "y": value_of(right, state)}]
        case ("await", condition):
            if not truth_of(condition, state):
                raise StuckError
            return [state]
        case ("assert", condition):
            if not truth_of(condition, state):
                raise WrongError
            return [state]
        case ("if", condition, yes, no):
            return ways(yes if truth_of(condition, state) else no, state)
        case ("either", one, other):
            return ways(one, state) + ways(other, state)
        case ("with", value, inner):
            bound = value_of(value, state)
            found = ways(inner, state | {"x": bound})
            return [None if end is None else end | {"y": bound} for end in found]
    raise AssertionError(statement)


def in_range(state: State) -> bool:
    return all(0 <= n <= 3 for n in (state["x"], state["y"], *state["f"].values()))


@settings(max_examples=60, deadline=None)
@given(blocks, st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=3, max_size=3))
def test_a_lowered_step_does_what_its_statements_do_one_by_one(block, starts):
    system = system_of(
        f"""
        var x : 0..3 = 0
        var y : 0..3 = 0
        var f : [0..1 -> 0..3] = [i \\in 0..1 |-> 0]
        Sum == x + y
        action A {{ {block_text(block)} }}
        """
    )
    for x, y, zero, one in starts:
        expected = [
            end if end is not None and in_range(end) else None
            for end in ways(block, {"x": x, "y": y, "f": {0: zero, 1: one}})
        ]
        found: list[State | None] = []
        for outcome in steps(system, (x, y, Function.of({0: zero, 1: one}))):
            match outcome:
                case Taken(_, _, (end_x, end_y, end_f)):
                    found.append({"x": end_x, "y": end_y, "f": dict(end_f.pairs)})
                case Broken():
                    found.append(None)
        # A fault before the ways part is one of each variant.
        assert {str(end) for end in found} == {str(end) for end in expected}


@pytest.mark.parametrize("depth", [60])
def test_deeply_nested_statements_are_no_problem(depth):
    text = "x := x + 1;"
    for _ in range(depth):
        text = f"if (x < 9) {{ {text} }};"
    assert after(text) == {"x": "2", "y": "2"}
