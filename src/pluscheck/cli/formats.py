"""A finished report in the format that was asked for, where it was asked for, and the process's exit code."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.report.look import Look
from pluscheck.report.model import Report
from pluscheck.report.text import report_text, summary_text

if TYPE_CHECKING:
    from pluscheck.cli.verify import Show

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""The environment variable in which GitHub names the file for a step's summary."""


def reported(report: Report, code: int, show: Show, arguments: argparse.Namespace) -> int:
    """Write the report, and return the exit code; where work still goes on that does not listen, end the process."""
    # What goes into a file is not made for this terminal, and has times only where they are asked for.
    look = Look(timings=bool(arguments.timings), traces=arguments.traces, statistics=arguments.statistics)
    for name, file in arguments.also:
        output.write_to(file, _whole(report, code, name, look))
    if arguments.output is not None:
        output.write_to(arguments.output, _whole(report, code, arguments.format, look))
    elif arguments.format == "text":
        output.write(summary_text(report, show.look))  # the rest was shown while it was found
    else:
        output.write(_whole(report, code, arguments.format, look))
    if arguments.format == "github":
        _summarise(report)
    if not report.interrupted:
        return code
    output.write("")
    sys.stderr.flush()
    if show.abandoned:  # the engine still runs in its thread, and Python would wait for what it has locked
        os._exit(Exit.INTERRUPTED)
    return Exit.INTERRUPTED


def _whole(report: Report, code: int, name: str, look: Look) -> str:
    """Return the whole report in a format."""
    match name:
        case "json":
            from pluscheck.report.json import report_json

            return report_json(report, code, timings=look.timings)
        case "junit":
            from pluscheck.report.junit import junit_text

            return junit_text(report, timings=look.timings)
        case "sarif":
            from pluscheck.report.sarif import sarif_text

            return sarif_text(report)
        case "github":
            from pluscheck.report.github import annotations_text

            return annotations_text(report)
        case _:
            return report_text(report, look)


def _summarise(report: Report) -> None:
    """Append the summary to the file that GitHub shows, if it names one."""
    from pluscheck.report.github import summary_markdown

    file = os.environ.get(SUMMARY_VARIABLE)
    if file:
        try:
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(summary_markdown(report))
        except OSError as error:
            output.say(f"pluscheck: the summary cannot be written to {file}: {error.strerror}")
