"""What two decisions of the bounded checker are worth, on one system in one run: ratios, since seconds depend on the machine.

python tests/benchmarks/bmc.py [spec/dedupe/Dedupe.plus shared_inode_lock [depth]]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from pluscheck.engines.bmc import bmc
from pluscheck.engines.interface import Budget, Findings, ignore
from pluscheck.ground.ground import ground
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.smt import unrolling
from pluscheck.smt.library import Library, z
from pluscheck.smt.solver import Solver
from pluscheck.smt.steps import step_relation
from pluscheck.smt.terms import Terms
from pluscheck.smt.unrolling import Unrolling


class PlainSolver(Solver):
    """Z3's general solver in place of the one for finite domains."""

    def __init__(self, library: Library, *, seed: int = 0, memory: int | None = None) -> None:
        super().__init__(library, seed=seed, memory=memory)
        z.Z3_solver_dec_ref(library.context, self.handle)
        self.handle = z.Z3_mk_solver(library.context)
        z.Z3_solver_inc_ref(library.context, self.handle)


def build_seconds(make: Callable[[], Callable[[], None]], steps: int) -> float:
    """Return the processor seconds that making the terms of so many steps takes."""
    extend = make()
    started = time.process_time()
    for _ in range(steps):
        extend()
    return time.process_time() - started


def main(path: Path, model: str, depth: int) -> None:
    """Measure, and print the ratios."""
    lowered = lower(elaborate(path), model)
    wanted = frozenset(expectation.property for expectation in lowered.expectations)

    def by_template() -> Callable[[], None]:
        return Unrolling(ground(lowered.system), [], []).extend

    def by_rebuilding() -> Callable[[], None]:
        system = ground(lowered.system)
        library = Library()
        selector = system.dag.int_leaf("selector", 0, len(system.actions) - 1)
        relation = step_relation(system, selector)

        def extend() -> None:
            Terms(library, system.dag, {}).encode([relation])

        return extend

    def search() -> Findings:
        return bmc(lowered.system, wanted, Budget(depth=depth, seconds=120), ignore)

    template, rebuilt = build_seconds(by_template, depth), build_seconds(by_rebuilding, depth)
    finite = search()
    unrolling.Solver = PlainSolver
    plain = search()
    print(f"{path.stem} {model}, {depth} steps")
    print(f"  terms rebuilt each step : substituted in a template  = {rebuilt / template:.1f}")
    print(f"  plain solver : solver for finite domains             = {plain.seconds / finite.seconds:.1f}")
    print(f"  our own code : solver                                = {finite.seconds / finite.solver_seconds - 1:.2f}")
    if plain.depth != finite.depth:
        print(f"  (the plain solver only got to depth {plain.depth}, the other to {finite.depth})")


if __name__ == "__main__":
    arguments = sys.argv[1:] or ["spec/dedupe/Dedupe.plus", "shared_inode_lock"]
    main(Path(arguments[0]), arguments[1], int(arguments[2]) if len(arguments) > 2 else 15)
