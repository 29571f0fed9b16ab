"""What a judge may say of a certificate."""

from __future__ import annotations

from dataclasses import dataclass

from pluscheck.core.system import State


@dataclass(frozen=True, slots=True)
class Shown:
    """The property holds in every reachable state (of a witness: none reaches it). `by` says who has shown it."""

    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotJudged:
    """The obligations are too large, or took too long."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuted:
    """An obligation has a solution: the certificate does not show what is claimed. `state` is where it fails, if that is one state."""

    reason: str
    state: State | None = None


Opinion = Shown | NotJudged | Refuted
