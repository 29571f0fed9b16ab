"""The evaluator is the oracle of everything else: each definition by examples, faults by site, and laws."""

from __future__ import annotations

import sys
import threading
from dataclasses import fields, replace
from itertools import count
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generate import (
    BOOL,
    INT,
    MODE,
    PAGE,
    POOL,
    SCOPE,
    SYSTEM,
    VARIABLES,
    expressions,
    numbered,
    states,
    typed_expressions,
    values,
)
from pluscheck.base.codes import Code
from pluscheck.core import exprs as e
from pluscheck.core.evaluator import MAX_BITS, Environment, Fault, TooLarge, evaluate
from pluscheck.core.exprs import Arithmetic, Binder, Comparison, Expr, FaultKind, SetOp
from pluscheck.core.system import Operator, State
from pluscheck.core.types import FunctionType, RangeType, SeqType, SetType, Type, is_member
from pluscheck.core.values import NOTHING, Atom, Function, Nothing, Record, Some, Value

EMPTY = Environment({}, {}, {}, {})


def lit(value: Value) -> Expr:
    return e.Lit(value)


def num(*numbers: int) -> tuple[Expr, ...]:
    return tuple(e.Lit(number) for number in numbers)


def interval(low: int, high: int) -> Expr:
    return e.Interval(lit(low), lit(high))


def arith(op: Arithmetic, left: int, right: int) -> Expr:
    return e.Arith(op, lit(left), lit(right))


def local(name: str) -> Expr:
    return e.Local(name)


def greater(left: Expr, right: int) -> Expr:
    return e.Compare(Comparison.LT, lit(right), left)


def value_of(expr: Expr, env: Environment = EMPTY, **bindings: Value) -> Value:
    return evaluate(env, expr, (), bindings=bindings)


def kind_of(expr: Expr, env: Environment = EMPTY) -> FaultKind:
    with pytest.raises(Fault) as raised:
        evaluate(env, expr, ())
    return raised.value.site.kind


X = Binder("x", interval(1, 3))
F = e.Lambda((X,), e.Arith(Arithmetic.MUL, local("x"), local("x")))
PAIRS = e.Lambda((X, Binder("y", e.SetLit(num(0, 1)))), e.Arith(Arithmetic.ADD, local("x"), local("y")))
RECORD = e.MakeRecord((("a", lit(1)), ("b", lit(True))))
SEQ = e.MakeTuple(num(4, 5, 6))
TRUE, FALSE, FAULTY = lit(True), lit(False), e.Eq(e.Get(lit(NOTHING)), lit(1))


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (e.And(()), True),
        (e.Or(()), False),
        (e.And((FALSE, FAULTY)), False),
        (e.Or((TRUE, FAULTY)), True),
        (e.Implies(FALSE, FAULTY), True),
        (e.Implies(TRUE, FALSE), False),
        (e.Not(TRUE), False),
        (e.Ite(TRUE, lit(1), e.Get(lit(NOTHING))), 1),
        (e.Case(((FALSE, FAULTY), (TRUE, TRUE), (FAULTY, FAULTY)), None), True),
        (e.Case(((FALSE, lit(1)),), lit(2)), 2),
        (e.Let("x", FAULTY, TRUE), True),
        (e.Let("x", lit(3), e.Let("x", e.Arith(Arithmetic.ADD, local("x"), lit(1)), local("x"))), 4),
        (e.Forall((X,), greater(local("x"), 0)), True),
        (e.Forall((X,), greater(local("x"), 1)), False),
        (e.Exists((X,), greater(local("x"), 2)), True),
        (e.Exists((Binder("x", e.SetLit(())),), TRUE), False),
        (e.Forall((Binder("x", e.SetLit(())),), FALSE), True),
        (e.Exists((X, Binder("y", interval(1, 3))), e.Eq(e.Arith(Arithmetic.ADD, local("x"), local("y")), lit(6))), True),
        (e.Choose(X, greater(local("x"), 1), unique=False), 2),
        (e.Choose(X, greater(local("x"), 2), unique=True), 3),
        (arith(Arithmetic.DIV, 7, 2), 3),
        (arith(Arithmetic.DIV, -7, 2), -4),
        (arith(Arithmetic.DIV, 7, -2), -4),
        (arith(Arithmetic.MOD, 7, 3), 1),
        (arith(Arithmetic.MOD, -7, 3), 2),
        (arith(Arithmetic.POW, 2, 10), 1024),
        (arith(Arithmetic.POW, 0, 0), 1),
        (arith(Arithmetic.POW, -1, 10**12 + 1), -1),
        (arith(Arithmetic.POW, 0, 10**12), 0),
        (arith(Arithmetic.SUB, 3, 5), -2),
        (e.Neg(lit(3)), -3),
        (e.Compare(Comparison.LE, lit(2), lit(2)), True),
        (interval(2, 1), frozenset()),
        (e.SetBinary(SetOp.MINUS, interval(1, 3), interval(2, 5)), {1}),
        (e.SetBinary(SetOp.INTERSECT, interval(1, 3), interval(2, 5)), {2, 3}),
        (e.SetBinary(SetOp.UNION, interval(1, 2), interval(2, 3)), {1, 2, 3}),
        (e.Powerset(interval(1, 2)), {frozenset(), frozenset({1}), frozenset({2}), frozenset({1, 2})}),
        (e.BigUnion(e.SetLit((interval(1, 2), interval(4, 4)))), {1, 2, 4}),
        (e.BigUnion(e.SetLit(())), frozenset()),
        (e.Filter(X, greater(local("x"), 1)), {2, 3}),
        (e.Map(e.Neg(local("x")), (X,)), {-1, -2, -3}),
        (e.Cross((interval(1, 2), e.SetLit((TRUE,)))), {(1, True), (2, True)}),
        (e.Cardinality(e.Powerset(interval(1, 5))), 32),
        (e.Cardinality(interval(1, 10**12)), 10**12),
        (e.FunctionSpace(interval(1, 2), interval(5, 5)), {Function.of({1: 5, 2: 5})}),
        (e.RecordSpace((("a", interval(1, 1)), ("b", e.SetLit((TRUE,))))), {Record.of({"a": 1, "b": True})}),
        (e.In(lit(3), interval(1, 10**30)), True),
        (e.In(interval(1, 3), e.Powerset(interval(1, 10**30))), True),
        (e.In(F, e.FunctionSpace(interval(1, 3), interval(0, 10**30))), True),
        (e.In(F, e.FunctionSpace(interval(1, 2), interval(0, 10**30))), False),
        (e.Subset(e.SetLit(num(1, 2)), interval(1, 2)), True),
        (F, Function.of({1: 1, 2: 4, 3: 9})),
        (e.App(F, lit(2)), 4),
        (e.App(PAIRS, e.MakeTuple(num(3, 1))), 4),
        (e.Domain(F), {1, 2, 3}),
        (e.App(e.Update(F, lit(2), lit(0)), lit(2)), 0),
        (e.Override(e.Single(lit(1), lit(7)), F), Function.of({1: 7, 2: 4, 3: 9})),
        (e.Override(F, e.Single(lit(9), lit(0))), Function.of({1: 1, 2: 4, 3: 9, 9: 0})),
        (e.Field(RECORD, "a"), 1),
        (e.WithField(RECORD, "a", lit(5)), Record.of({"a": 5, "b": True})),
        (e.Get(e.SomeOf(lit(3))), 3),
        (e.Project(e.MakeTuple((lit(1), TRUE)), 2), True),
        (e.UpdateProject(e.MakeTuple((lit(1), TRUE)), 1, lit(9)), (9, True)),
        (e.Nth(SEQ, lit(1)), 4),
        (e.UpdateNth(SEQ, lit(3), lit(0)), (4, 5, 0)),
        (e.Len(SEQ), 3),
        (e.Head(SEQ), 4),
        (e.Tail(SEQ), (5, 6)),
        (e.Append(SEQ, lit(7)), (4, 5, 6, 7)),
        (e.SubSeq(SEQ, lit(2), lit(3)), (5, 6)),
        (e.SubSeq(SEQ, lit(9), lit(3)), ()),
        (e.Concat(SEQ, e.Tail(SEQ)), (4, 5, 6, 5, 6)),
        (e.Check(lit(3), RangeType(0, 3)), 3),
    ],
)  # fmt: skip
def test_what_an_expression_means(expr: Expr, value: Value) -> None:
    assert value_of(expr) == value


@pytest.mark.parametrize(
    ("expr", "kind"),
    [
        (e.App(F, lit(0)), FaultKind.OUTSIDE_DOMAIN),
        (e.Update(F, lit(0), lit(0)), FaultKind.OUTSIDE_DOMAIN),
        (e.Nth(SEQ, lit(0)), FaultKind.BEYOND_SEQUENCE),
        (e.Nth(SEQ, lit(4)), FaultKind.BEYOND_SEQUENCE),
        (e.UpdateNth(SEQ, lit(4), lit(0)), FaultKind.BEYOND_SEQUENCE),
        (e.Head(lit(())), FaultKind.BEYOND_SEQUENCE),
        (e.Tail(lit(())), FaultKind.BEYOND_SEQUENCE),
        (e.SubSeq(SEQ, lit(0), lit(1)), FaultKind.BEYOND_SEQUENCE),
        (e.SubSeq(SEQ, lit(3), lit(4)), FaultKind.BEYOND_SEQUENCE),
        (e.Choose(X, FALSE, unique=False), FaultKind.CHOOSE_FROM_NOTHING),
        (e.Choose(X, TRUE, unique=True), FaultKind.CHOOSE_AMBIGUOUS),
        (arith(Arithmetic.DIV, 1, 0), FaultKind.DIVISION_BY_ZERO),
        (arith(Arithmetic.MOD, 1, 0), FaultKind.DIVISION_BY_ZERO),
        (arith(Arithmetic.MOD, 1, -1), FaultKind.DIVISION_BY_ZERO),
        (arith(Arithmetic.POW, 2, -1), FaultKind.OUT_OF_RANGE),
        (arith(Arithmetic.POW, 2, 10**12), FaultKind.OUT_OF_RANGE),
        (arith(Arithmetic.POW, 3, MAX_BITS), FaultKind.OUT_OF_RANGE),
        (arith(Arithmetic.MUL, 2 ** (MAX_BITS - 1), 2), FaultKind.OUT_OF_RANGE),
        (e.Case(((FALSE, lit(1)),), None), FaultKind.CASE_FELL_THROUGH),
        (e.Get(lit(NOTHING)), FaultKind.GET_OF_NONE),
        (e.Check(lit(4), RangeType(0, 3)), FaultKind.OUT_OF_RANGE),
        (e.Check(SEQ, SeqType(RangeType(0, 9), 2)), FaultKind.SEQUENCE_OVERFLOW),
        (e.Check(SEQ, SeqType(RangeType(0, 5), 2)), FaultKind.OUT_OF_RANGE),
        (e.Check(e.SetLit((SEQ,)), SetType(SeqType(RangeType(0, 9), 2))), FaultKind.SEQUENCE_OVERFLOW),
        (e.Check(F, FunctionType(RangeType(1, 2), RangeType(0, 9))), FaultKind.OUT_OF_RANGE),
        # All parts are evaluated, and each element of a domain:
        (e.Forall((X,), e.Or((e.Not(greater(local("x"), 2)), FAULTY))), FaultKind.GET_OF_NONE),
        (e.Exists((X,), e.Or((greater(local("x"), 2), FAULTY))), FaultKind.GET_OF_NONE),
        (e.Filter(X, e.Or((greater(local("x"), 2), FAULTY))), FaultKind.GET_OF_NONE),
        (e.Exists((Binder("x", e.SetLit(())), Binder("y", e.SetLit((FAULTY,)))), TRUE), FaultKind.GET_OF_NONE),
        (e.In(e.Get(lit(NOTHING)), e.SetLit(())), FaultKind.GET_OF_NONE),
        (e.And((TRUE, FAULTY, FALSE)), FaultKind.GET_OF_NONE),
        (e.Let("x", FAULTY, local("x")), FaultKind.GET_OF_NONE),
    ],
)  # fmt: skip
def test_what_is_not_defined(expr: Expr, kind: FaultKind) -> None:
    assert kind_of(expr) == kind


def test_a_fault_is_reported_where_it_is_and_the_first_counts() -> None:
    expr = numbered(e.Eq(e.Head(lit(())), e.Get(lit(NOTHING))), count())
    with pytest.raises(Fault) as raised:
        evaluate(EMPTY, expr, ())
    assert raised.value.site == e.Site(FaultKind.BEYOND_SEQUENCE, expr.left.span)


def test_the_first_element_in_the_fixed_order_decides_which_fault_is_reported() -> None:
    body = e.Ite(greater(local("x"), 1), e.Eq(e.Head(lit(())), lit(1)), FAULTY)
    assert kind_of(e.Forall((Binder("x", e.SetLit(num(3, 2, 1))),), body)) == FaultKind.GET_OF_NONE
    assert kind_of(e.Forall((Binder("x", e.SetLit(num(3, 2))),), body)) == FaultKind.BEYOND_SEQUENCE


# ------------------------------------------------------------------------------------- laziness, primes


def _operators(*operators: Operator) -> Environment:
    return Environment({}, {}, {operator.name: operator for operator in operators}, {"x": 0})


FIRST = Operator("First", ("a", "b"), local("a"))


def test_an_argument_faults_only_where_it_is_used_and_then_each_time() -> None:
    env = _operators(FIRST)
    assert value_of(e.Call("First", (lit(1), FAULTY)), env) == 1
    assert kind_of(e.Call("First", (FAULTY, lit(1))), env) == FaultKind.GET_OF_NONE
    again = e.Let("y", FAULTY, e.Or((e.And((FALSE, local("y"))), local("y"))))
    assert kind_of(again, env) == FaultKind.GET_OF_NONE


def test_an_operators_body_does_not_see_the_names_around_its_call() -> None:
    env = _operators(Operator("Free", (), local("y")))
    with pytest.raises(KeyError):
        evaluate(env, e.Let("y", lit(1), e.Call("Free", ())), ())


def test_a_prime_reads_the_next_state_also_through_a_definition() -> None:
    env = _operators(Operator("Next", ("a",), e.Prime(local("a"))))
    x = e.Var("x")
    plus_one = e.Arith(Arithmetic.ADD, x, lit(1))
    for expr in (
        e.Eq(e.Prime(x), plus_one),
        e.Let("y", x, e.Eq(e.Prime(local("y")), e.Arith(Arithmetic.ADD, local("y"), lit(1)))),
        e.Eq(e.Call("Next", (x,)), plus_one),
        e.Prime(e.Let("y", x, e.Eq(local("y"), lit(5)))),
        e.In(lit(5), e.Prime(e.Interval(x, x))),
    ):
        assert evaluate(env, expr, (4,), (5,)) is True
        assert evaluate(env, expr, (4,), (6,)) is False


# -------------------------------------------------------------------------------------- recursion, limits

N = local("n")
MINUS_ONE = e.Arith(Arithmetic.SUB, N, lit(1))


def _wrapped(expr: Expr, levels: int) -> Expr:
    for _ in range(levels):
        expr = e.Arith(Arithmetic.ADD, lit(0), expr)
    return expr


def _sum(levels: int = 0) -> Operator:
    rest = _wrapped(e.Arith(Arithmetic.ADD, N, e.Call("Sum", (MINUS_ONE,))), levels)
    return Operator("Sum", ("n",), e.Ite(e.Eq(N, lit(0)), lit(0), rest))


def test_a_hundred_calls_may_be_under_way_and_no_more() -> None:
    env = _operators(_sum())
    assert value_of(e.Call("Sum", (lit(99),)), env) == 4950
    assert kind_of(e.Call("Sum", (lit(100),)), env) == FaultKind.RECURSION_TOO_DEEP


def test_calls_one_after_another_do_not_count_together() -> None:
    call = e.Call("Sum", (lit(60),))
    assert value_of(e.Arith(Arithmetic.ADD, call, call), _operators(_sum())) == 2 * 1830


def test_two_operators_that_call_each_other_count_apart() -> None:
    def step(name: str, other: str) -> Operator:
        return Operator(name, ("n",), e.Ite(e.Eq(N, lit(0)), TRUE, e.Not(e.Call(other, (MINUS_ONE,)))))

    env = _operators(step("Even", "Odd"), step("Odd", "Even"))
    assert value_of(e.Call("Even", (lit(150),)), env) is True
    assert kind_of(e.Call("Even", (lit(250),)), env) == FaultKind.RECURSION_TOO_DEEP


def test_the_deepest_recursion_of_deeply_nested_bodies_is_evaluated() -> None:
    before = sys.getrecursionlimit()
    assert value_of(e.Call("Sum", (lit(99),)), _operators(_sum(levels=250))) == 4950
    assert sys.getrecursionlimit() == before


def test_the_deepest_recursion_is_evaluated_in_a_thread_too() -> None:
    found: list[Value] = []
    env = _operators(_sum(levels=250))
    thread = threading.Thread(target=lambda: found.append(value_of(e.Call("Sum", (lit(99),)), env)))
    thread.start()
    thread.join()
    assert found == [4950]


def test_deeper_than_that_is_too_large_and_no_crash() -> None:
    operators = [
        Operator(
            f"Sum{i}",
            ("n",),
            e.Ite(
                e.Eq(N, lit(0)),
                e.Call(f"Sum{i + 1}", (lit(99),)) if i < 9 else lit(0),
                _wrapped(e.Call(f"Sum{i}", (MINUS_ONE,)), 250),
            ),
        )
        for i in range(10)
    ]
    with pytest.raises(TooLarge) as raised:
        evaluate(_operators(*operators), e.Call("Sum0", (lit(99),)), ())
    assert [d.code for d in raised.value.diagnostics] == [Code.SYSTEM_TOO_LARGE]


def test_an_argument_used_at_the_bottom_of_a_recursion_is_evaluated_there() -> None:
    sums = Operator(
        "Sum",
        ("n", "sum"),
        e.Ite(e.Eq(N, lit(0)), local("sum"), e.Call("Sum", (MINUS_ONE, e.Arith(Arithmetic.ADD, local("sum"), N)))),
    )
    assert value_of(e.Call("Sum", (lit(99), lit(0))), _operators(sums)) == 4950


def test_exponential_work_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluscheck.core.evaluator.MAX_EFFORT", 10_000)
    twice = e.Arith(Arithmetic.ADD, e.Call("Double", (MINUS_ONE,)), e.Call("Double", (MINUS_ONE,)))
    env = _operators(Operator("Double", ("n",), e.Ite(e.Eq(N, lit(0)), lit(1), twice)))
    assert value_of(e.Call("Double", (lit(5),)), env) == 32
    with pytest.raises(TooLarge):
        value_of(e.Call("Double", (lit(90),)), env)


@pytest.mark.parametrize(
    "expr",
    [
        e.Forall((Binder("x", interval(1, 10**9)),), TRUE),
        e.Forall((Binder("x", interval(1, 10**4)), Binder("y", interval(1, 10**4))), TRUE),
        e.Powerset(interval(1, 30)),
        e.Map(local("x"), (Binder("x", e.Powerset(interval(1, 30))),)),
        e.Lambda((Binder("x", interval(1, 10**7)),), TRUE),
        e.Choose(Binder("x", interval(1, 10**7)), TRUE, unique=False),
        e.Cardinality(e.Powerset(interval(1, 64))),
        e.FunctionSpace(interval(1, 40), interval(0, 1)),
        e.Eq(interval(1, 10**10), interval(1, 10**10)),
    ],
)
def test_what_is_too_large_to_enumerate_is_the_users_to_make_smaller(expr: Expr) -> None:
    with pytest.raises(TooLarge) as raised:
        evaluate(EMPTY, expr, ())
    assert [d.code for d in raised.value.diagnostics] == [Code.TYPE_TOO_LARGE]


# ------------------------------------------------------------------------------------------------- laws


def outcome(expr: Expr, state: State) -> Value | FaultKind:
    """Return the value, or how evaluating faults."""
    try:
        return evaluate(SYSTEM, expr, state)
    except Fault as fault:
        return fault.site.kind


def defined(expr: Expr, state: State) -> Value:
    try:
        return evaluate(SYSTEM, expr, state)
    except Fault:
        assume(False)
        raise


@given(typed_expressions(BOOL), typed_expressions(BOOL), states())
def test_de_morgan_and_implication_hold_with_their_faults(a: Expr, b: Expr, state: State) -> None:
    conjunction = outcome(e.And((a, b)), state)
    assert outcome(e.Not(e.Or((e.Not(a), e.Not(b)))), state) == conjunction
    assert outcome(e.Implies(a, b), state) == outcome(e.Or((e.Not(a), b)), state)
    assert outcome(e.Ite(a, b, lit(False)), state) == conjunction


@settings(max_examples=50)
@given(*(typed_expressions(SetType(MODE), 2) for _ in range(3)), states())
def test_set_algebra(a: Expr, b: Expr, c: Expr, state: State) -> None:
    for part in (a, b, c):
        defined(part, state)

    def union(x: Expr, y: Expr) -> Expr:
        return e.SetBinary(SetOp.UNION, x, y)

    def meet(x: Expr, y: Expr) -> Expr:
        return e.SetBinary(SetOp.INTERSECT, x, y)

    def minus(x: Expr, y: Expr) -> Expr:
        return e.SetBinary(SetOp.MINUS, x, y)

    for left, right in (
        (union(a, b), union(b, a)),
        (meet(a, union(b, c)), union(meet(a, b), meet(a, c))),
        (minus(a, union(b, c)), meet(minus(a, b), minus(a, c))),
        (minus(a, minus(a, b)), meet(a, b)),
        (e.BigUnion(e.Powerset(a)), a),
        (e.Filter(Binder("z", a), e.In(local("z"), b)), meet(a, b)),
    ):
        assert evaluate(SYSTEM, e.Eq(left, right), state) is True
    assert evaluate(SYSTEM, e.Eq(e.Subset(a, b), e.In(a, e.Powerset(b))), state) is True
    assert evaluate(SYSTEM, e.Eq(e.Subset(a, b), e.Eq(minus(a, b), e.SetLit(()))), state) is True


@given(typed_expressions(FunctionType(PAGE, INT)), typed_expressions(PAGE), typed_expressions(INT), states())
def test_except_laws(f: Expr, at: Expr, new: Expr, state: State) -> None:
    domain = evaluate_domain(f, state)
    where = defined(at, state)
    value = defined(new, state)
    updated = e.Update(f, at, new)
    if where not in domain:
        assert outcome(updated, state) is FaultKind.OUTSIDE_DOMAIN
        return
    assert evaluate(SYSTEM, e.App(updated, at), state) == value
    assert evaluate(SYSTEM, e.Domain(updated), state) == domain
    assert evaluate(SYSTEM, e.Eq(e.Update(f, at, e.App(f, at)), f), state) is True
    for other in domain - {where}:
        assert evaluate(SYSTEM, e.Eq(e.App(updated, lit(other)), e.App(f, lit(other))), state) is True


def evaluate_domain(f: Expr, state: State) -> frozenset[Value]:
    function = defined(f, state)
    assert isinstance(function, Function)
    return function.domain


@given(typed_expressions(SeqType(INT, 2)), typed_expressions(INT), states())
def test_sequence_laws(s: Expr, x: Expr, state: State) -> None:
    defined(s, state)
    defined(x, state)
    empty = evaluate(SYSTEM, e.Eq(e.Len(s), lit(0)), state)
    longer = e.Append(s, x)
    length = e.Len(longer)
    for law in (
        e.Eq(e.Nth(longer, length), x),
        e.Eq(e.SubSeq(longer, lit(1), e.Len(s)), s),
        e.Eq(e.Concat(s, e.MakeTuple((x,))), longer),
        e.Eq(e.Concat(e.MakeTuple((e.Head(longer),)), e.Tail(longer)), longer),
        e.Eq(e.UpdateNth(longer, length, x), longer),
    ):
        assert evaluate(SYSTEM, law, state) is True
    assert (outcome(e.Head(s), state) is FaultKind.BEYOND_SEQUENCE) == empty


@given(typed_expressions(INT), typed_expressions(INT), states())
def test_quotient_and_remainder_make_up_the_number(a: Expr, b: Expr, state: State) -> None:
    left, right = defined(a, state), defined(b, state)
    if right <= 0:
        assert outcome(e.Arith(Arithmetic.MOD, a, b), state) is FaultKind.DIVISION_BY_ZERO
        return
    quotient = evaluate(SYSTEM, e.Arith(Arithmetic.DIV, a, b), state)
    remainder = evaluate(SYSTEM, e.Arith(Arithmetic.MOD, a, b), state)
    assert left == quotient * right + remainder
    assert 0 <= remainder < right


@given(st.data(), st.sampled_from(POOL), states())
def test_a_definition_is_its_value(data: Any, of: Type, state: State) -> None:
    named = data.draw(typed_expressions(of, 2))
    value = defined(named, state)
    for body in (e.Eq(local("z"), e.Local("z")), e.In(local("z"), e.SetLit((local("z"),)))):
        assert evaluate(SYSTEM, e.Let("z", named, body), state) is True
    assert evaluate(SYSTEM, e.Let("z", named, local("z")), state) == value
    assert evaluate(SYSTEM, local("z"), state, bindings={"z": value}) == value


@given(st.data(), states())
def test_a_check_passes_exactly_the_values_of_its_type(data: Any, state: State) -> None:
    of = data.draw(st.sampled_from([v for v in VARIABLES.values() if v in POOL]))
    expr = data.draw(typed_expressions(of))
    value = defined(expr, state)
    checked = outcome(e.Check(expr, of), state)
    if is_member(value, of, SCOPE):
        assert checked == value
    else:
        assert checked in (FaultKind.OUT_OF_RANGE, FaultKind.SEQUENCE_OVERFLOW)


# The elements of a sort are all alike: exchanging two of them everywhere exchanges them in the result.

PAGE_1, PAGE_2 = SCOPE["Page"]


def swapped(value: Value) -> Value:
    match value:
        case Atom() if value in (PAGE_1, PAGE_2):
            return PAGE_2 if value == PAGE_1 else PAGE_1
        case bool() | int() | Atom() | Nothing():
            return value
        case Some(inner):
            return Some(swapped(inner))
        case Record(items):
            return Record(tuple((name, swapped(item)) for name, item in items))
        case Function(pairs):
            return Function.of({swapped(a): swapped(v) for a, v in pairs})
        case tuple():
            return tuple(swapped(item) for item in value)
        case frozenset():
            return frozenset(swapped(item) for item in value)


def swapped_literals(node: Any) -> Any:
    if isinstance(node, tuple):
        return tuple(swapped_literals(item) for item in node)
    if isinstance(node, e.Lit):
        return e.Lit(swapped(node.value))
    if isinstance(node, e.Node):
        parts = {f.name: swapped_literals(getattr(node, f.name)) for f in fields(node) if f.name != "span"}
        return replace(node, **parts)
    return node


@settings(max_examples=300)
@given(expressions(), states())
def test_no_expression_tells_the_elements_of_a_sort_apart(expr: Expr, state: State) -> None:
    found = outcome(expr, state)
    other = outcome(swapped_literals(expr), tuple(swapped(value) for value in state))
    if isinstance(found, FaultKind):
        assert isinstance(other, FaultKind)  # of several faults another may come first
    else:
        assert other == swapped(found)


@given(st.data(), st.sampled_from(POOL))
def test_all_of_a_type_has_each_of_its_values(data: Any, of: Type) -> None:
    value = data.draw(values(of))
    assert evaluate(SYSTEM, e.In(lit(value), e.AllOf(of)), ()) is True
