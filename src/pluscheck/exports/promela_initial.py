"""How one of several initial states is chosen in Promela."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod

from pluscheck.ground.leaves import Leaf


def choices_of(
    leaves: Sequence[Leaf], variables: Sequence[str], states: Sequence[tuple[int, ...]], offset: Callable[[Leaf], int]
) -> Iterator[str]:
    """Yield statements that lead to each of the states: leaf by leaf if leaves vary by themselves or with others alone, else a state after another.

    What all states have in common is there already.
    """
    if not states:
        yield "    false    /* there is no initial state */"
        return
    values = [tuple([state[position] - offset(leaf) for state in states]) for position, leaf in enumerate(leaves)]
    varying = [position for position, column in enumerate(values) if len(set(column)) > 1]
    first_with: dict[tuple[int, ...], int] = {}
    for position in varying:
        first_with.setdefault(values[position], position)
    free = list(first_with.values())
    if prod(len(set(values[position])) for position in free) == len(states):
        for position in free:
            options = " ".join(f":: {variables[position]} = {value}" for value in sorted(set(values[position])))
            yield f"    if {options} fi;"
        for position in varying:
            if (source := first_with[values[position]]) != position:
                yield f"    {variables[position]} = {variables[source]};"
        return
    yield "    if"
    for number in range(len(states)):
        yield f"    :: {'; '.join(f'{variables[position]} = {values[position][number]}' for position in varying)}"
    yield "    fi"
