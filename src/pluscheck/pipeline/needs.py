"""What a model says it needs, against what was found."""

from __future__ import annotations

from collections.abc import Sequence

from pluscheck.core.system import Model, Needs
from pluscheck.report.ablation import AblationReport, SaidReport
from pluscheck.report.needs_text import same_sets


def said_about(model: Model, order: str | None) -> Needs | None:
    """Return what a model says it needs: of its switches, or of an order."""
    return next((needs for needs in model.needs if needs.order == order), None)


def is_so(needs: Needs, found: Sequence[tuple[str, ...]]) -> bool:
    """Return whether these are the minimal safe sets that the model says."""
    return same_sets(needs.sets, found)


def compared(model: Model, report: AblationReport) -> SaidReport | None:
    """Return how what an ablation found compares with what the model says; None if it says nothing of that."""
    needs = said_about(model, report.order)
    if needs is None:
        return None
    met = None if report.undecided is not None else is_so(needs, [one.on for one in report.minimal_safe])
    return SaidReport(needs.sets, met)
