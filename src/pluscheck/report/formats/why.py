"""Why a run ends as it does, as the formats without a picture of it say it."""

from __future__ import annotations

from pluscheck.report.because import because
from pluscheck.report.html.picture import wait_cycles
from pluscheck.report.story import Story


def why(story: Story) -> tuple[str, ...]:
    """Return sentences: what a page says, and in words the circles in which processes wait for each other."""
    return (*because(story), *(cycle.words for cycle in wait_cycles(story)))
