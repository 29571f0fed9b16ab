"""A digest is the same for what means the same, and another for what does not."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from generate import BOOL, SYSTEM, numbered, typed_expressions
from generate_systems import systems
from pluscheck.base.source import Source
from pluscheck.core import exprs as e
from pluscheck.core.digest import system_digest, value_digest
from pluscheck.core.system import FAULTS, Operator, Property, PropertyKind
from pluscheck.core.values import Some
from pluscheck.lang.front import elaborate
from pluscheck.lang.parser import parse
from pluscheck.lang.printer import print_module
from pluscheck.lower import lower, models

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.plus"))


def of(formula, system=SYSTEM):
    """Return the digest of a system with this formula as its invariant."""
    return system_digest(replace(system, properties=(Property(PropertyKind.INVARIANT, "P", formula),)), ["P"])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_specification_printed_anew_has_the_same_digests(path):
    text = path.read_text(encoding="utf-8")
    printed = print_module(parse(Source("Elsewhere.plus", text)))
    assert printed != text
    before = elaborate(path)
    again = elaborate(Source("Elsewhere.plus", printed))
    for model in models(before):
        first, second = lower(before, model).system, lower(again, model).system
        assert system_digest(first, [FAULTS]) == system_digest(second, [FAULTS])


@settings(max_examples=100, deadline=None)
@given(systems())
def test_places_and_orders_do_not_count(system):
    elsewhere = replace(
        system,
        actions=tuple(reversed(system.actions)),
        properties=tuple(replace(p, formula=numbered(p.formula, count(7))) for p in reversed(system.properties)),
        operators=dict(reversed(system.operators.items())),
    )
    assert system_digest(elsewhere, [FAULTS]) == system_digest(system, [FAULTS])


@settings(max_examples=300, deadline=None)
@given(typed_expressions(BOOL), typed_expressions(BOOL))
def test_other_formulas_have_other_digests(one, other):
    # `Lit(1) == Lit(True)` in Python, and what is equal may differ in names that are bound.
    assume(repr(one) != repr(other))
    if of(one) == of(other):
        assert canonical(one, {}) == canonical(other, {})
    assert of(e.Not(one)) != of(one)
    assert of(e.And((one, other))) != of(e.And((other, one))) or canonical(one, {}) == canonical(other, {})


def canonical(part, bound):
    """Return the term with bound names numbered, as text."""
    match part:
        case e.Local(name):
            return str(len(bound) - bound[name]) if name in bound else name
        case e.Let(name, value, body):
            return ("Let", canonical(value, bound), canonical(body, {**bound, name: len(bound)}))
        case e.Node():
            names = [b.name for b in binders_of(part)]
            inside = {**bound, **{name: len(bound) + i for i, name in enumerate(names)}}
            return (
                type(part).__name__,
                *(
                    ("binders", *(canonical(b.domain, bound) for b in binders_of(part)))
                    if field in ("binder", "binders")
                    else canonical(getattr(part, field), inside)
                    for field in part.__match_args__
                ),
            )
        case tuple():
            return tuple(canonical(item, bound) for item in part)
        case _:
            return repr(part)


def binders_of(part):
    match part:
        case e.Forall(binders) | e.Exists(binders) | e.Lambda(binders) | e.Map(_, binders):
            return binders
        case e.Choose(binder) | e.Filter(binder):
            return (binder,)
        case _:
            return ()


X, Y = e.Local("x"), e.Local("y")
OVER = e.AllOf(BOOL)


def forall(*names, body):
    return e.Forall(tuple(e.Binder(name, OVER) for name in names), body)


def test_bound_names_do_not_count_but_which_is_meant_does():
    assert of(forall("x", "y", body=X)) == of(forall("y", "x", body=Y)) == of(forall("a", "b", body=e.Local("a")))
    assert of(forall("x", "y", body=X)) != of(forall("x", "y", body=Y))
    assert of(forall("x", body=forall("y", body=X))) != of(forall("x", body=forall("y", body=Y)))
    assert of(forall("x", body=forall("x", body=X))) == of(forall("x", body=forall("y", body=Y)))


def test_sharing_does_not_count():
    def inner():
        return forall("z", body=e.Eq(e.Local("z"), e.Var("b")))

    shared = inner()
    one = e.And((shared, forall("x", body=e.And((shared, X)))))
    other = e.And((inner(), forall("x", body=e.And((inner(), X)))))
    assert of(one) == of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (e.Lit(1), e.Lit(True)),
        (e.Lit(0), e.Lit(False)),
        (e.Lit((1, 2)), e.MakeTuple((e.Lit(1), e.Lit(2)))),
        (e.Lit(Some(1)), e.SomeOf(e.Lit(1))),
        (e.Var("x"), e.Const("x")),
        (e.And(()), e.Or(())),
        (e.And((e.Var("b"),)), e.And((e.Var("b"), e.Var("b")))),
        (e.And((e.And((X, Y)), X)), e.And((X, e.And((Y, X))))),
        (e.SetLit((e.Lit(1),)), e.Lit(frozenset([1]))),
    ],
)
def test_what_python_or_a_reader_might_confuse(one, other):
    assert of(one) != of(other)


def test_operators_count_by_what_they_say():
    def system(body, name="Op", other="TRUE"):
        operators = {name: Operator(name, ("x",), body), "Unused": Operator("Unused", (), e.Lit(other))}
        return replace(SYSTEM, operators=operators)

    call = e.Call("Op", (e.Var("b"),))
    first = of(call, system(X))
    assert first == of(call, system(X, other="FALSE"))
    assert first == of(call, replace(SYSTEM, operators={"Op": Operator("Op", ("y",), Y)}))
    assert first == of(e.Call("Op~2", (e.Var("b"),)), system(X, name="Op~2"))
    assert first != of(call, system(e.Not(X)))
    assert first != of(e.Call("Other", (e.Var("b"),)), system(X, name="Other"))
    again = e.Call("Op", (X,))
    assert of(call, system(again)) != of(call, system(X))


def test_only_the_properties_named_count():
    first = Property(PropertyKind.INVARIANT, "P", e.Var("b"))
    second = Property(PropertyKind.WITNESS, "Q", e.Var("b"))
    both = replace(SYSTEM, properties=(first, second))
    alone = replace(SYSTEM, properties=(first,))
    assert system_digest(both, ["P"]) == system_digest(alone, ["P"])
    assert system_digest(both, ["P", "Q"]) == system_digest(both, [FAULTS]) != system_digest(both, ["P"])
    assert system_digest(both, ["P"]) != system_digest(both, ["Q"])
    assert value_digest([1, 2]) != value_digest([2, 1])
