"""Clauses with fewer variables: those that nobody asks about are resolved away (Een and Biere, SAT 2005), and what follows at once is made use of.

The work is CaDiCaL's (Biere, Fazekas, Fleury, Heisinger, 2020), as python-sat offers it. It is the same for the same clauses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pysat.process import Processor

from pluscheck.bits.cnf import Template

_ROUNDS: Final = 3
"""After so many there is hardly anything left to gain."""


def eliminated(made: Template, true: Iterable[int], kept: Iterable[int]) -> Template:
    """Return a template without most variables, in which exactly those values of the rest are possible that are so where the literals in `true` are.

    Inputs stay, as they are numbered; of nodes those stay, with other variables, whose present ones are kept. It is for questions, not for instances: what else
    there was, nothing says any more.
    """
    staying = {*range(1, made.inputs + 1), *[abs(literal) for literal in kept]}
    processor = Processor(bootstrap_with=[list(clause) for clause in [*made.clauses, *[(x,) for x in true]]])
    try:
        found = processor.process(rounds=_ROUNDS, freeze=sorted(staying))
        left: list[list[int]] = found.clauses if found.status else [[1], [-1]]
    finally:
        processor.delete()
    staying.update(abs(literal) for clause in left for literal in clause)
    number = {variable: position for position, variable in enumerate(sorted(staying), 1)}
    return Template(
        clauses=tuple([tuple([number[x] if x > 0 else -number[-x] for x in clause]) for clause in left]),
        size=len(number),
        inputs=made.inputs,
        variables={node: number[variable] for node, variable in made.variables.items() if variable in number},
    )
