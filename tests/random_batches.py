"""Batches of random systems, always the same one for the same number."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings

from generate_systems import conditioned_systems, systems
from pluscheck.core.system import TransitionSystem


def batch_of_systems(first: int, size: int) -> list[TransitionSystem]:
    """Return so many systems."""
    batch: list[TransitionSystem] = []

    @seed(first)
    @settings(max_examples=size, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(systems() | conditioned_systems())
    def take(system: TransitionSystem) -> None:
        batch.append(system)

    take()
    return batch
