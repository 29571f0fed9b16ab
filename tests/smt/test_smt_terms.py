"""Z3's terms have the values of the nodes they are made from."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from generate import expressions, states
from grounding import Encoded, concrete, nodes, outcome
from pluscheck.base.answers import Answer
from pluscheck.base.errors import SpecError
from pluscheck.core.exprs import Expr
from pluscheck.core.system import State
from pluscheck.ground.dag import FIRST_INT_OP, Dag
from pluscheck.smt.library import Library
from pluscheck.smt.solver import Solver
from pluscheck.smt.terms import Terms


def solved(dag: Dag, roots: list[int], leaves: dict[int, int]) -> dict[int, int]:
    """The values that Z3 gives nodes where leaf nodes have these values."""
    library = Library()
    terms = Terms(library, dag, {})
    encoded = terms.encode(roots)
    solver = Solver(library)
    for leaf, value in leaves.items():
        if leaf in terms.of_node:
            solver.add(terms.has_value(leaf, value))
    assert solver.check() is Answer.SAT
    model = solver.model()
    return {n: model.number(t, dag.low[n], dag.high[n]) for n, t in zip(roots, encoded, strict=True)}


@settings(max_examples=60, deadline=None)
@given(expressions(primes=True), states(), states())
def test_z3_agrees_with_the_evaluator(expr: Expr, state: State, next_state: State) -> None:
    try:
        encoded = Encoded(expr)
        wanted = [*encoded.faults.values(), *nodes(encoded.algebra, encoded.value)]
    except SpecError:
        return
    read = solved(encoded.dag, wanted, encoded.leaves(state, next_state)).__getitem__
    site, expected = outcome(expr, state, next_state)
    assert encoded.faulting(read) == ({site} if site else set())
    if site is None:
        assert concrete(encoded.algebra, encoded.value, read) == expected


_NUMBERS = st.integers(-9, 9)
_BINARY: tuple[Callable[[Dag], Callable[[int, int], int]], ...] = (
    lambda dag: dag.add,
    lambda dag: dag.sub,
    lambda dag: dag.mul,
    lambda dag: dag.eq,
    lambda dag: dag.lt,
    lambda dag: lambda a, b: dag.div(a, dag.choose(dag.eq(b, dag.integer(0)), dag.integer(1), b)),
    lambda dag: lambda a, b: dag.mod(a, dag.choose(dag.lt(b, dag.integer(1)), dag.integer(1), b)),
    lambda dag: lambda a, b: dag.choose(dag.lt(a, b), dag.neg(a), b),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(_NUMBERS, st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=3),
    st.lists(st.tuples(st.sampled_from(_BINARY), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6),
)
def test_arithmetic_of_mixed_intervals_is_exact(
    inputs: list[tuple[int, int, int]],
    operations: list[tuple[Callable[[Dag], Callable[[int, int], int]], int, int]],
) -> None:
    dag = Dag()
    leaves: dict[int, int] = {}
    made: list[int] = []
    for low, size, offset in inputs:
        leaf = dag.int_leaf("x", low, low + size)
        leaves[leaf] = low + min(size, offset)
        made.append(leaf)
    booleans: list[int] = []
    for maker, first, second in operations:
        node = maker(dag)(made[first % len(made)], made[second % len(made)])
        (made if dag.op[node] >= FIRST_INT_OP else booleans).append(node)
    wanted = made + booleans
    expected = dag.values(dag.cone(wanted), {**dict.fromkeys(dag.leaf_nodes, 0), **leaves})
    assert all(dag.low[n] <= expected[n] <= dag.high[n] for n in wanted)
    assert solved(dag, wanted, leaves) == {n: expected[n] for n in wanted}
