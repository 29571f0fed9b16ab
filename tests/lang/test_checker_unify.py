"""Laws of the order of types: what fits where, and the least type above two."""

from hypothesis import given
from hypothesis import strategies as st

from pluscheck.lang.types import (
    BoolType,
    EnumType,
    FunctionType,
    IntType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
)
from pluscheck.lang.unify import Unifier

A, B, C, E, LONE = SortType("A"), SortType("B"), SortType("C"), EnumType("E"), SortType("Lone")
AB = UnionType("AB", frozenset({A, B}))
ABCE = UnionType("ABCE", frozenset({A, B, C, E}))

atoms: st.SearchStrategy[Type] = st.sampled_from([BoolType(), IntType(), A, B, C, E, LONE, AB, ABCE])


def compound(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    return st.one_of(
        inner.map(SetType),
        inner.map(SeqType),
        inner.map(OptionType),
        st.tuples(inner, inner).map(TupleType),
        st.tuples(inner, inner).map(lambda pair: RecordType((("a", pair[0]), ("b", pair[1])))),
        st.tuples(atoms, inner).map(lambda pair: FunctionType(*pair)),
    )


types = st.recursive(atoms, compound, max_leaves=5)


def fresh() -> Unifier:
    return Unifier([AB, ABCE])


@given(types)
def test_a_type_fits_itself(a: Type) -> None:
    assert fresh().fits(a, a)
    assert fresh().join(a, a) == a


@given(types, types)
def test_fitting_both_ways_is_being_the_same(a: Type, b: Type) -> None:
    assert (fresh().fits(a, b) and fresh().fits(b, a)) == (a == b)


@given(types, types, types)
def test_fitting_is_transitive(a: Type, b: Type, c: Type) -> None:
    if fresh().fits(a, b) and fresh().fits(b, c):
        assert fresh().fits(a, c)


@given(types, types)
def test_join_does_not_depend_on_the_order(a: Type, b: Type) -> None:
    assert fresh().join(a, b) == fresh().join(b, a)


@given(types, types)
def test_where_one_type_fits_another_that_is_their_join(a: Type, b: Type) -> None:
    if fresh().fits(a, b):
        assert fresh().join(a, b) == b


@given(types, types, types)
def test_join_is_the_least_above_both(a: Type, b: Type, c: Type) -> None:
    joined = fresh().join(a, b)
    if fresh().fits(a, c) and fresh().fits(b, c):
        assert joined is not None
        assert fresh().fits(joined, c)


@given(types)
def test_an_unknown_becomes_what_it_meets(a: Type) -> None:
    unifier = fresh()
    unknown = unifier.fresh()
    assert unifier.fits(SetType(unknown), SetType(a))
    assert unifier.zonk(unknown) == a


@given(types)
def test_a_type_is_never_a_part_of_itself(a: Type) -> None:
    unifier = fresh()
    unknown = unifier.fresh()
    assert not unifier.fits(unknown, TupleType((a, unknown)))


@given(st.lists(types, min_size=1, max_size=3))
def test_brackets_become_the_tuple_that_they_meet(items: list[Type]) -> None:
    unifier = fresh()
    bracket = unifier.fresh_bracket(tuple(items))
    assert unifier.fits(bracket, TupleType(tuple(items)))
    assert unifier.zonk(bracket) == TupleType(tuple(items))


@given(types, st.integers(1, 3))
def test_brackets_become_the_sequence_that_they_meet(item: Type, length: int) -> None:
    unifier = fresh()
    bracket = unifier.fresh_bracket((item,) * length)
    assert unifier.fits(bracket, SeqType(item))
    assert unifier.zonk(bracket) == SeqType(item)
    assert not unifier.fits(bracket, TupleType((item,) * length))


@given(types, types)
def test_trying_binds_nothing(a: Type, b: Type) -> None:
    unifier = fresh()
    unknown = unifier.fresh()
    assert unifier.could_fit(unknown, a)
    assert unifier.could_join(unknown, b)
    assert unifier.resolve(unknown) == unknown


def test_parts_of_two_unions_have_the_least_union_written_out() -> None:
    assert fresh().join(A, B) == AB
    assert fresh().join(A, C) == UnionType("A | C", frozenset({A, C}))
    assert fresh().join(AB, E) == UnionType("A | B | E", frozenset({A, B, E}))
    assert fresh().join(A, LONE) is None
    assert fresh().meet(ABCE, AB) == AB
