"""Actions applied to sets of states, one relation for each over what it writes alone (Burch, Clarke, Long, 1991)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pluscheck.engines.bdd.diagrams import Diagram
from pluscheck.engines.bdd.encoding import Encoding, Numbers
from pluscheck.ground.ground import GroundAction


@dataclass(frozen=True, slots=True)
class Relation:
    """A ground action: what it may start from and, where that does not determine it, what it leads to.

    `moves`: the guard, and for each bit that depends on more than the guard how its next value does. `written`: all bits that change.
    `constant`: next values that are the same wherever the guard is true. `renamed`: the next variables in `moves`, each with its current one.
    """

    action: GroundAction
    guard: Diagram
    moves: Diagram
    written: tuple[str, ...]
    constant: Diagram
    renamed: Mapping[str, Diagram]


def relation(encoding: Encoding, action: GroundAction) -> Relation | None:
    """Return the relation of a ground action, None if it is possible in no state or changes none."""
    diagrams = encoding.diagrams
    false = diagrams.false
    guard = encoding.current.boolean(action.guard) & encoding.valid
    if guard == false:
        return None
    moves = guard
    written: list[str] = []
    constant: dict[str, bool] = {}
    renamed: dict[str, Diagram] = {}
    for position, node in action.updates.items():
        bits = encoding.bits[position]
        for now, following, after in zip(bits.now, bits.following, next_bits(encoding, position, node), strict=True):
            before = diagrams.variable(now)
            under = guard & after
            if under == guard & before:
                continue
            written.append(now)
            if under in (false, guard):
                constant[now] = under == guard
                continue
            moves &= diagrams.same(diagrams.variable(following), after)
            renamed[following] = encoding.now[following]
    if not written:
        return None
    return Relation(action, guard, moves, tuple(written), diagrams.cube(constant), renamed)


def next_bits(encoding: Encoding, position: int, node: int) -> Iterator[Diagram]:
    """Yield the bits, the highest first, of a leaf whose next value is the node."""
    if encoding.system.leaves[position].boolean:
        yield encoding.current.boolean(node)
        return
    numbers: Numbers = encoding.current.numbers(node)
    bits = encoding.bits[position]
    for shift in range(len(bits.now) - 1, -1, -1):
        whole = encoding.diagrams.false
        for value, here in numbers.items():
            # Beyond the guard a value need not be one of the leaf's.
            if value >= bits.low and (value - bits.low) >> shift & 1:
                whole |= here
        yield whole


def image(encoding: Encoding, step: Relation, states: Diagram) -> Diagram:
    """Return the states that one step of the action leads to."""
    diagrams = encoding.diagrams
    after = diagrams.exists_both(states, step.moves, step.written)
    return diagrams.composed(after, step.renamed) & step.constant
