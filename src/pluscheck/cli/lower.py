"""`pluscheck lower`: the transition system that the engines see."""

from __future__ import annotations

import sys
from pathlib import Path

from pluscheck.base.errors import SpecError
from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.worker import on_large_stack
from pluscheck.pipeline.lowered import lowered_text
from pluscheck.pipeline.options import UsageError


def run_lower(spec: Path, model: str | None) -> int:
    """Print one model of a spec as the engines see it, or all of them."""
    try:
        text = on_large_stack(lambda: lowered_text(spec, model), lambda: None)
    except UsageError as error:
        output.say(f"pluscheck: {error}")
        return Exit.USAGE
    except SpecError as error:
        color = output.is_colored(sys.stderr, no_color=False)
        output.say(output.diagnostics_text(error.diagnostics, color=color, width=output.width_of(sys.stderr)))
        return Exit.SPEC
    output.write(text)
    return Exit.MET
