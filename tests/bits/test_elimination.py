"""Of the variables that stay, the same values are possible as before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pluscheck.bits.cnf import Template
from pluscheck.bits.elimination import eliminated

SIZE = 7
LITERALS = st.integers(1, SIZE).flatmap(lambda variable: st.sampled_from([variable, -variable]))
CLAUSES = st.lists(st.lists(LITERALS, min_size=1, max_size=3).map(tuple), max_size=14)


def possible(clauses: Sequence[Sequence[int]], size: int, variables: Sequence[int]) -> set[tuple[bool, ...]]:
    """The values of these variables in solutions of the clauses."""
    return {
        tuple([values[variable - 1] for variable in variables])
        for values in product((False, True), repeat=size)
        if all(any(values[abs(x) - 1] == (x > 0) for x in clause) for clause in clauses)
    }


@given(CLAUSES, st.lists(LITERALS, max_size=2), st.sets(st.integers(3, SIZE)))
def test_what_stays_has_the_values_that_it_had(clauses: list[tuple[int, ...]], true: list[int], kept: set[int]) -> None:
    nodes = {100 + variable: variable for variable in range(1, SIZE + 1)}
    made = Template(tuple(clauses), SIZE, 2, nodes)
    after = eliminated(made, true, sorted(kept))
    assert [after.variables[101], after.variables[102]] == [1, 2]
    staying = [1, 2, *sorted(kept)]
    before = possible([*clauses, *[(x,) for x in true]], SIZE, staying)
    assert possible(after.clauses, after.size, [after.variables[100 + x] for x in staying]) == before


def test_what_nobody_asks_about_is_gone() -> None:
    # A chain of equal variables, of which the ends are asked about.
    clauses = [clause for x in range(1, SIZE) for clause in ((-x, x + 1), (x, -x - 1))]
    nodes = {100 + variable: variable for variable in range(1, SIZE + 1)}
    after = eliminated(Template(tuple(clauses), SIZE, 1, nodes), [], [SIZE])
    assert after.size == 2
    assert possible(after.clauses, 2, [1, 2]) == {(False, False), (True, True)}
