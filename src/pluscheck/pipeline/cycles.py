"""Who waits for whom in a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def cycles(waits: Mapping[int, Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the elementary cycles of a wait-for graph, each from its least member on, shortest first; at most sixteen.

    `waits` gives for each who waits those that are waited for.
    """
    found: dict[tuple[int, ...], None] = {}
    for start in sorted(waits):
        unfinished: list[tuple[int, ...]] = [(start,)]
        while unfinished and len(found) < _MOST_CYCLES:
            path = unfinished.pop(0)
            for other in waits.get(path[-1], ()):
                if other == start:
                    found[path] = None
                elif other > start and other not in path and len(unfinished) < _MOST_PATHS:
                    unfinished.append((*path, other))
    return tuple(sorted(found, key=lambda cycle: (len(cycle), cycle))[:_MOST_CYCLES])


_MOST_CYCLES = 16
_MOST_PATHS = 10_000
