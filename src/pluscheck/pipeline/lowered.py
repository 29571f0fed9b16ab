"""From a file to its transition systems, and to their text."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from pluscheck.core.system import Model
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models
from pluscheck.lower.text import system_text
from pluscheck.pipeline.options import UsageError


def lowered_text(path: Path, model: str | None) -> str:
    """Return the system of one model, or of all. Raises as `lowered_models` does."""
    return "\n".join(system_text(lowered) for lowered in lowered_models(path, model))


def lowered_models(path: Path, model: str | None) -> tuple[Model, ...]:
    """Return one model, or all. Raises SpecError, and UsageError if there is no such file or model."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    elaborated = elaborate(path)
    names = models(elaborated)
    if model is not None and model not in names:
        close = get_close_matches(model, names, n=1)
        raise UsageError(f"there is no model '{model}' in {path}" + (f"; did you mean '{close[0]}'?" if close else ""))
    return tuple([lower(elaborated, name) for name in (names if model is None else (model,))])
