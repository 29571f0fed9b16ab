"""Solvers answer, give up when told to, and can be thrown away in any order."""

from __future__ import annotations

import gc
from itertools import combinations

from pluscheck.base.answers import Answer, Gave
from pluscheck.smt.library import Library, Term, mk_bvmul, mk_eq, mk_not
from pluscheck.smt.solver import Solver


def pigeons(solver: Solver, number: int) -> None:
    """Assert that `number` pigeons sit in one hole less, no two in one."""
    library = solver.library
    sits: list[list[Term]] = [[library.constant(None) for _ in range(number - 1)] for _ in range(number)]
    for pigeon in sits:
        solver.add(library.disjunction(pigeon))
    for hole in range(number - 1):
        for first, second in combinations(sits, 2):
            solver.add(mk_not(library.context, library.conjunction([first[hole], second[hole]])))


def test_assumptions_are_told_from_assertions() -> None:
    library = Library()
    solver = Solver(library)
    a = library.constant(None)
    solver.add(mk_not(library.context, a))
    assert solver.check([a]) is Answer.UNSAT
    assert solver.needed_assumptions()
    solver.add(a)
    assert solver.check([library.constant(None)]) is Answer.UNSAT
    assert not solver.needed_assumptions()


def test_out_of_time_is_no_answer() -> None:
    solver = Solver(Library())
    pigeons(solver, 12)
    assert solver.check(seconds=0.1) is Answer.UNKNOWN
    assert solver.gave is Gave.TIME
    assert solver.check(seconds=0) is Answer.UNKNOWN


def test_libraries_solvers_and_models_of_one_cycle_can_be_collected() -> None:
    for _ in range(5):
        library = Library()
        solver = Solver(library)
        assert solver.check() is Answer.SAT
        cycle: list[object] = [library, solver, solver.model()]
        library.cycle = cycle  # type: ignore[attr-defined]  # what ties them together does not matter
        del library, solver, cycle
        gc.collect()


def test_out_of_memory_is_no_answer_and_spares_other_solvers() -> None:
    library = Library()
    solver = Solver(library, memory=64)
    width = 128
    factors = [library.constant(width) for _ in range(2)]
    product = mk_bvmul(library.context, *factors)
    solver.add(mk_eq(library.context, product, library.numeral(2**width // 3, width)))
    assert solver.check() is Answer.UNKNOWN
    assert solver.gave is Gave.MEMORY
    other = Solver(Library())
    pigeons(other, 5)
    assert other.check() is Answer.UNSAT
