"""`pluscheck export`: models as files for other tools."""

from __future__ import annotations

import sys
from pathlib import Path

from pluscheck.base.errors import SpecError
from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.worker import on_large_stack
from pluscheck.pipeline.exports import FORMATS, exported
from pluscheck.pipeline.options import UsageError


def run_export(spec: Path, to: str, model: str | None, directory: Path) -> int:
    """Write one model of a spec, or all of them, to files in a directory, and print their names."""
    try:
        if to not in FORMATS:
            raise UsageError(f"there is no format '{to}'; there are {', '.join(FORMATS)}")
        if not directory.is_dir():
            raise UsageError(f"there is no directory {directory}")
        files = on_large_stack(lambda: exported(spec, model, to), lambda: None)
    except UsageError as error:
        output.say(f"pluscheck: {error}")
        return Exit.USAGE
    except SpecError as error:
        color = output.is_colored(sys.stderr, no_color=False)
        output.say(output.diagnostics_text(error.diagnostics, color=color, width=output.width_of(sys.stderr)))
        return Exit.SPEC
    for name, contents in files:
        path = directory / name
        try:
            path.write_bytes(contents)
        except OSError as error:
            raise output.UnwritableError(f"{path}: {error.strerror}") from None
        output.write(f"{path}\n")
    return Exit.MET
