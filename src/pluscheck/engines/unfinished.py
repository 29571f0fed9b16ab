"""How far a search that goes level by level was when its budget ended, and how much is left if it goes on as it did."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pluscheck.engines.interface import Unfinished

SHRUNK = 3
"""So many times in a row a level must have been smaller than the one before, until something is said of those to come."""


def unfinished(
    levels: Sequence[int], *, begun: int, waiting: int, depth: int | None, bytes_held: int | None
) -> Unfinished:
    """Return how far it was. `levels` are the sizes of those that are known, `begun` is how many states of the next one were found, `depth` the last that is wanted.

    The estimate lets each level to come be the same part of the one before as the last one is. Level sizes that have one peak fall off faster than that,
    so that it is too large then, about twice in the models where it was compared; where there is a second peak, as in the deduper's models, it is too small before that, by up to seven times.
    """
    last = levels[-SHRUNK - 1 :]
    if len(last) <= SHRUNK or any(size <= following for size, following in pairwise(last)):
        return Unfinished(waiting, bytes_held, None, None)
    ratio = last[-1] / last[-2]
    more = last[-1] * ratio / (1 - ratio)
    if depth is not None:
        more *= 1 - ratio ** max(0, depth + 1 - len(levels))
    return Unfinished(waiting, bytes_held, max(0, round(more) - begun), ratio)
