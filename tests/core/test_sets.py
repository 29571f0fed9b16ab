"""Sets by shape mean the same as sets by elements."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generate import SCOPE, values
from pluscheck.base.codes import Code
from pluscheck.base.source import NOWHERE
from pluscheck.core.sets import (
    Both,
    Either,
    Functions,
    Integers,
    Options,
    Product,
    Records,
    Sequences,
    SetShape,
    Subsets,
    TooLarge,
    Without,
    contains,
    elements,
    included,
    plain,
    shape_of_type,
    size,
)
from pluscheck.core.types import (
    BoolType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    cardinality,
    values_of,
)
from pluscheck.core.values import ordered

INT = RangeType(0, 2)
TYPES: tuple[Type, ...] = (
    INT,
    BoolType(),
    SortType("Page"),
    SetType(INT),
    FunctionType(BoolType(), INT),
    RecordType((("a", INT), ("b", BoolType()))),
    TupleType((INT, BoolType())),
    SeqType(INT, 2),
    OptionType(INT),
    SetType(SetType(BoolType())),
)


@st.composite
def shapes(draw: Any, of: Type, depth: int = 2) -> SetShape:
    """Sets whose elements are of a type, in any shape."""

    def sub(other: Type) -> SetShape:
        return draw(shapes(other, depth - 1))

    makers: list[Any] = [lambda: draw(st.frozensets(values(of), max_size=4))]
    if depth > 0:
        makers += [lambda c=c: c(sub(of), sub(of)) for c in (Either, Both, Without)]
    match of:
        case RangeType():
            makers.append(lambda: Integers(draw(st.integers(-1, 3)), draw(st.integers(-1, 3))))
        case SetType(element):
            makers.append(lambda: Subsets(sub(element)))
        case FunctionType(domain, target):
            makers.append(lambda: Functions(tuple(ordered(draw(st.frozensets(values(domain))))), sub(target)))
        case RecordType(fields):
            makers.append(lambda: Records(tuple((name, sub(item)) for name, item in fields)))
        case TupleType(items):
            makers.append(lambda: Product(tuple(sub(item) for item in items)))
        case SeqType(element, _):
            makers.append(lambda: Sequences(sub(element), draw(st.integers(0, 2))))
        case OptionType(element):
            makers.append(lambda: Options(sub(element)))
        case _:
            pass
    return draw(st.sampled_from(makers))()


@st.composite
def pairs(draw: Any) -> tuple[SetShape, SetShape]:
    of = draw(st.sampled_from(TYPES))
    return draw(shapes(of)), draw(shapes(of))


@given(pairs())
def test_membership_by_shape_is_membership_among_the_elements(pair: tuple[SetShape, SetShape]) -> None:
    shape, other = pair
    members = plain(shape, NOWHERE)
    assert all(contains(shape, value) for value in members)
    assert all(contains(shape, value) == (value in members) for value in plain(other, NOWHERE))


@given(pairs())
def test_inclusion_by_shape_is_inclusion_of_the_elements(pair: tuple[SetShape, SetShape]) -> None:
    left, right = pair
    assert included(left, right, NOWHERE) == (plain(left, NOWHERE) <= plain(right, NOWHERE))
    assert included(left, left, NOWHERE)


@given(pairs())
def test_size_is_the_number_of_elements_and_they_come_in_order(pair: tuple[SetShape, SetShape]) -> None:
    for shape in pair:
        members = plain(shape, NOWHERE)
        assert size(shape, NOWHERE) == len(members)
        assert elements(shape, NOWHERE) == ordered(members)


@settings(deadline=None)
@given(st.sampled_from(TYPES))
def test_the_shape_of_a_type_has_its_values(of: Type) -> None:
    shape = shape_of_type(of, SCOPE, NOWHERE)
    assert elements(shape, NOWHERE) == list(values_of(of, SCOPE))
    assert size(shape, NOWHERE) == cardinality(of, SCOPE)


HUGE = Integers(0, 10**30)
LARGE: tuple[SetShape, ...] = (
    HUGE,
    Subsets(Integers(1, 21)),
    Subsets(Subsets(HUGE)),
    Functions(tuple(range(100)), frozenset({0, 1})),
    Records((("a", HUGE), ("b", frozenset({1})))),
    Product((HUGE, HUGE)),
    Sequences(frozenset({0, 1}), 10**9),
    Sequences(frozenset({0}), 10**9),
    Options(HUGE),
    Either(HUGE, frozenset({1})),
    Both(HUGE, HUGE),
    Without(HUGE, frozenset({1})),
)


@pytest.mark.parametrize("shape", LARGE, ids=lambda shape: type(shape).__name__)
def test_what_is_too_large_is_never_enumerated(shape: SetShape) -> None:
    with pytest.raises(TooLarge) as raised:
        elements(shape, NOWHERE)
    assert [d.code for d in raised.value.diagnostics] == [Code.TYPE_TOO_LARGE]


def test_large_sets_have_members_and_parts_at_once() -> None:
    assert contains(Subsets(HUGE), frozenset({3, 10**29}))
    assert not contains(Subsets(HUGE), frozenset({-1}))
    assert included(Subsets(Integers(1, 10**20)), Subsets(HUGE), NOWHERE)
    assert not included(Subsets(HUGE), Subsets(Integers(1, 10**20)), NOWHERE)
    assert plain(Both(HUGE, frozenset({-1, 1})), NOWHERE) == {1}
    assert plain(Both(frozenset({-1, 1}), HUGE), NOWHERE) == {1}
