"""The engines by name. Each is imported when it is first asked for: a solver takes longer to load than some specs take to check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pluscheck.engines.interface import Engine


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """How to get an engine, and whether it is told to end at the model's depth: one that finds all states goes on to the end."""

    load: Callable[[], Engine]
    ends_at_depth: bool


def _bmc() -> Engine:
    """Return the bounded checker."""
    from pluscheck.engines.bmc import bmc

    return bmc


def _exhaustive() -> Engine:
    """Return the breadth-first search."""
    from pluscheck.engines.exhaustive import exhaustive

    return exhaustive


def _k_induction() -> Engine:
    """Return k-induction."""
    from pluscheck.engines.kinduction import k_induction

    return k_induction


ENGINES: Mapping[str, EngineEntry] = {
    "bmc": EngineEntry(_bmc, ends_at_depth=True),
    "exhaustive": EngineEntry(_exhaustive, ends_at_depth=False),
    "kinduction": EngineEntry(_k_induction, ends_at_depth=False),
}
