"""The check at the door: a system that is damaged in any one way is not well formed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.system import (
    Action,
    Assignment,
    Bind,
    Constant,
    Guard,
    Operator,
    Pick,
    Process,
    Property,
    PropertyKind,
    TransitionSystem,
    Variable,
)
from pluscheck.core.values import Atom
from pluscheck.core.wellformed import faults_of_form

BOUND = t.RangeType(0, 3)
ONE, X, Y = e.Lit(1), e.Var("x"), e.Var("y")

SOUND = TransitionSystem(
    name="Sound",
    model="m",
    scope={"S": (Atom("S", 0, "S1"),)},
    constants=(Constant("C", BOUND, 2, is_switch=False),),
    variables=(
        Variable("x", BOUND, ONE, any_of=False),
        Variable("y", BOUND, X, any_of=False),
        Variable("pc.P", t.EnumType("label of P", ("A", "Done")), None, any_of=False, process="P"),
    ),
    init=(e.Eq(X, Y),),
    actions=(
        Action(
            "A",
            0,
            ("i",),
            (
                Pick("i", e.AllOf(t.SortType("S"))),
                Bind("z", e.Call("Plus", (X, ONE))),
                Guard(e.Exists((e.Binder("k", e.AllOf(BOUND)),), e.Eq(e.Local("k"), e.Local("z")))),
            ),
            (Assignment("x", e.Check(e.Local("z"), BOUND)),),
        ),
    ),
    properties=(
        Property(PropertyKind.INVARIANT, "I", e.Eq(e.Const("C"), X)),
        Property(PropertyKind.TRANSITION, "T", e.Call("Same", ())),
    ),
    terminal=e.Lit(False),
    operators={
        "Plus": Operator("Plus", ("a", "b"), e.Arith(e.Arithmetic.ADD, e.Local("a"), e.Local("b"))),
        "Same": Operator("Same", (), e.Eq(e.Prime(X), X)),
    },
    processes=(Process("P", None, ("A", "Done"), "pc.P"),),
)


def with_invariant(formula: e.Expr) -> TransitionSystem:
    return replace(SOUND, properties=(Property(PropertyKind.INVARIANT, "I", formula),))


def with_action(**changes: object) -> TransitionSystem:
    return replace(SOUND, actions=(replace(SOUND.actions[0], **changes),))


def with_type(of: t.Type) -> TransitionSystem:
    return replace(SOUND, variables=(*SOUND.variables, Variable("new", of, None, any_of=False)))


def test_a_sound_system_is_well_formed():
    assert faults_of_form(SOUND) == []


CLAUSES = SOUND.actions[0].clauses
UPDATE = SOUND.actions[0].updates[0]


@pytest.mark.parametrize(
    "damaged",
    [
        with_invariant(e.Eq(e.Var("nowhere"), ONE)),
        with_invariant(e.Eq(e.Const("nowhere"), ONE)),
        with_invariant(e.Local("i")),
        with_invariant(e.Eq(e.Prime(X), X)),
        with_invariant(e.Call("Same", ())),
        with_invariant(e.Call("Nowhere", ())),
        with_invariant(e.Call("Plus", (X,))),
        with_invariant(e.And((e.Exists((e.Binder("k", e.SetLit(())),), e.Lit(True)), e.Local("k")))),
        with_invariant(
            e.Forall((e.Binder("k", e.SetLit((ONE,))), e.Binder("j", e.SetLit((e.Local("k"),)))), e.Lit(True))
        ),
        with_invariant(e.Eq(e.MakeRecord((("b", ONE), ("a", ONE))), X)),
        with_invariant(e.Eq(e.Project(e.MakeTuple((ONE,)), 0), ONE)),
        with_invariant(e.In(ONE, e.AllOf(t.RangeType(3, 2)))),
        with_invariant(e.Let("k", ONE, e.Eq(e.Local("k"), e.Local("j")))),
        replace(SOUND, properties=(Property(PropertyKind.TRANSITION, "T", e.Prime(e.Eq(e.Prime(X), X))),)),
        with_action(updates=(UPDATE, UPDATE)),
        with_action(updates=(replace(UPDATE, variable="nowhere"),)),
        with_action(updates=(replace(UPDATE, value=e.Prime(X)),)),
        with_action(clauses=CLAUSES[::-1]),
        with_action(clauses=(*CLAUSES, Bind("z", ONE))),
        with_action(params=("j",)),
        with_action(self_name="j"),
        replace(SOUND, actions=SOUND.actions * 2),
        replace(SOUND, variables=SOUND.variables[::-1]),
        replace(SOUND, variables=(*SOUND.variables, SOUND.variables[0])),
        replace(SOUND, variables=(*SOUND.variables, Variable("z", BOUND, None, any_of=False, process="Q"))),
        replace(SOUND, constants=SOUND.constants * 2),
        replace(SOUND, constants=(Constant("C", BOUND, 4, is_switch=False),)),
        replace(SOUND, properties=SOUND.properties * 2),
        replace(SOUND, operators={"Plus": SOUND.operators["Plus"], "Other": SOUND.operators["Same"]}),
        replace(SOUND, processes=(Process("P", None, ("A", "Done"), "pc.Q"),)),
        replace(SOUND, processes=(Process("P", None, ("A",), "pc.P"),)),
        with_type(t.SetType(t.SortType("Unknown"))),
        with_type(t.AmongType(())),
        with_type(t.AmongType((2, 1))),
        with_type(t.FunctionType(BOUND, t.RecordType((("b", BOUND), ("a", BOUND))))),
    ],
)
def test_a_damaged_system_is_not(damaged):
    assert faults_of_form(damaged) != []
