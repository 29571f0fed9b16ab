"""`pluscheck ablate`: which protections a model needs, and what happens without each."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pluscheck.base.errors import SpecError
from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.verify import Show, half_of_memory
from pluscheck.cli.worker import AbandonedError, on_large_stack
from pluscheck.pipeline.ablation import Question, ablated
from pluscheck.pipeline.ablation_telling import Told
from pluscheck.pipeline.discover import the_spec_file
from pluscheck.pipeline.evidence import RejectedError
from pluscheck.pipeline.options import UsageError
from pluscheck.report.ablation import AblationReport
from pluscheck.report.look import Look


def run_ablate(arguments: argparse.Namespace) -> int:
    """Write what is found, and return the exit code."""
    timings = output.is_terminal(sys.stdout) if arguments.timings is None else arguments.timings
    look = Look(
        width=output.width_of(sys.stdout),
        unicode=output.is_unicode(sys.stdout) or arguments.output is not None,
        timings=timings,
        traces=arguments.traces,
    )
    show = Show(look, text=False, no_color=arguments.no_color)
    try:
        return on_large_stack(lambda: _run(arguments, look, show), show.stop)
    except AbandonedError:
        sys.stderr.flush()
        os._exit(Exit.INTERRUPTED)
    except UsageError as error:
        output.say(f"pluscheck: {error}")
        return Exit.USAGE
    except SpecError as error:
        color = output.is_colored(sys.stderr, no_color=arguments.no_color)
        output.say(output.diagnostics_text(error.diagnostics, color=color, width=output.width_of(sys.stderr)))
        return Exit.SPEC
    except RejectedError as error:
        output.say(f"pluscheck: what was found does not stand up to the judge, which is a fault of pluscheck: {error}")
        return Exit.INTERNAL
    finally:
        show.close()


def exit_code(report: AblationReport) -> int:
    """Return what it comes to: whether some set is safe, or with `--from`, whether the model can be made safe; and whether the model needs what it says."""
    if report.undecided is not None:
        return Exit.UNDECIDED
    if report.said is not None and not report.said.met:
        return Exit.VIOLATED
    if report.repair is not None and not report.repair.additions:
        return Exit.VIOLATED
    if not report.minimal_safe:
        return Exit.VACUOUS if report.stifled else Exit.VIOLATED
    return Exit.MET


def _run(arguments: argparse.Namespace, look: Look, show: Show) -> int:
    """Find it out and write it. Raises UsageError, SpecError, RejectedError, UnwritableError."""
    spec = the_spec_file(arguments.spec)
    if arguments.model is not None and arguments.repair is not None:
        raise UsageError("--from names the model already: it goes without --model")
    if arguments.store is not None and arguments.property:
        raise UsageError("what is stored is about all that the model checks: --store goes without --property")
    question = Question(
        spec,
        arguments.repair or arguments.model,
        tuple(arguments.property),
        repair=arguments.repair is not None,
        order=arguments.order,
        seconds=arguments.timeout,
        memory=half_of_memory() if arguments.memory is None else arguments.memory * 1024 * 1024,
    )
    found = ablated(question, show)
    show.close()
    code = exit_code(found.report)
    report = found.report if arguments.html is None else _write_pages(found, arguments.html)
    if arguments.store is not None:
        _store(found, arguments.store)
    text = _rendered(report, code, arguments.format, look)
    if arguments.output is None:
        output.write(text)
    else:
        output.write_to(arguments.output, text)
    return Exit.INTERRUPTED if found.is_interrupted else code


def _rendered(report: AblationReport, code: int, name: str, look: Look) -> str:
    """Return the report in a format."""
    match name:
        case "json":
            from pluscheck.report.ablation_json import ablation_json

            return ablation_json(report, code, timings=look.timings)
        case "markdown":
            from pluscheck.report.ablation_text import ablation_markdown

            return ablation_markdown(report, look)
        case _:
            from pluscheck.report.ablation_text import ablation_text

            return ablation_text(report, look)


def _write_pages(found: Told, folder: Path) -> AblationReport:
    """Write a page for the table and one for each run; return the report with their names. Raises UnwritableError."""
    from pluscheck.pipeline.ablation_pages import write_pages

    try:
        return write_pages(found, folder)
    except OSError as error:
        raise output.UnwritableError(f"{folder}: {error.strerror}") from None


def _store(found: Told, folder: Path) -> None:
    """Keep what was found below a folder, and say where. Raises UnwritableError."""
    from pluscheck.pipeline.stored_ablation import stored_ablation
    from pluscheck.proofs.ablation import write_ablation

    made = stored_ablation(found, folder)
    if made is None:
        output.say("pluscheck: nothing is stored: not every setting is decided, with evidence that can be written")
        return
    path, stored = made
    try:
        write_ablation(path, stored)
    except OSError as error:
        raise output.UnwritableError(f"{path}: {error.strerror}") from None
    output.say(f"pluscheck: stored in {path}")
