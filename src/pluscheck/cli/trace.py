"""`pluscheck trace`: one run, stored or looked for now, in the format that is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from typing import assert_never

from pluscheck.base.errors import InternalError, SpecError
from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.verify import Show, engine_named, half_of_memory
from pluscheck.cli.worker import AbandonedError, on_large_stack
from pluscheck.evidence.verdict import Reason
from pluscheck.pipeline.discover import the_spec_file
from pluscheck.pipeline.evidence import RejectedError
from pluscheck.pipeline.options import Options, UsageError
from pluscheck.pipeline.rechecking import WrongSpecificationError
from pluscheck.pipeline.trace_files import NoRun, Told, found_run, stored_run
from pluscheck.proofs.files import SUFFIX
from pluscheck.report.look import Look
from pluscheck.report.model import Answer, Kind


def run_trace(arguments: argparse.Namespace) -> int:
    """Write the run that the arguments say, and return the exit code."""
    look = Look(
        width=output.width_of(sys.stdout),
        color=output.is_colored(sys.stdout, no_color=arguments.no_color) and arguments.output is None,
        unicode=output.is_unicode(sys.stdout) or arguments.output is not None,
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
    except WrongSpecificationError as error:
        return _wrong(error, Exit.SPEC, arguments)
    except SpecError as error:
        return _wrong(error, Exit.REJECTED if _is_stored(arguments) else Exit.SPEC, arguments)
    except RejectedError as error:
        output.say(f"pluscheck: what was found does not stand up to the judge, which is a fault of pluscheck: {error}")
        return Exit.INTERNAL
    finally:
        show.close()


def _is_stored(arguments: argparse.Namespace) -> bool:
    return bool(arguments.file.suffix == SUFFIX)


def _wrong(error: SpecError, code: Exit, arguments: argparse.Namespace) -> Exit:
    """Say what is wrong, and return the code."""
    color = output.is_colored(sys.stderr, no_color=arguments.no_color)
    output.say(output.diagnostics_text(error.diagnostics, color=color, width=output.width_of(sys.stderr)))
    return code


def _run(arguments: argparse.Namespace, look: Look, show: Show) -> int:
    """Find the run and write it. Raises UsageError, SpecError, RejectedError, UnwritableError."""
    if arguments.file.is_dir():
        arguments.file = the_spec_file(arguments.file)
    for path in filter(None, (arguments.file, arguments.spec)):
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
    if _is_stored(arguments):
        if arguments.model is not None or arguments.property is not None:
            raise UsageError("a stored trace is of one model and one property: --model and --property are for a spec")
        run = stored_run(arguments.file, arguments.spec)
    else:
        if arguments.spec is not None:
            raise UsageError("--spec is for a stored trace")
        options = Options(
            engine=engine_named(arguments.engine),
            depth=arguments.depth,
            seconds=arguments.timeout,
            memory=half_of_memory(),
        )
        found = found_run(arguments.file, arguments.model, arguments.property, options, show)
        show.close()
        if isinstance(found, NoRun):
            return _without(found)
        run = found
    text = _rendered(run, arguments.to, look)
    if arguments.output is None:
        output.write(text)
    else:
        output.write_to(arguments.output, text)
    return Exit.MET


def _without(found: NoRun) -> int:
    """Say that there is no run to show, and return the exit code."""
    steps = f" within {found.steps} steps" if found.steps is not None and found.steps >= 0 else ""
    match found.answer:
        case Answer.PROVED:
            what = "unreachable" if found.kind is Kind.WITNESS else "not violated"
            output.say(f"pluscheck: there is no run to show: it is proved that {found.property} is {what}")
            return Exit.USAGE
        case Answer.BOUNDED:
            output.say(f"pluscheck: there is no run to show: nothing was found{steps}")
            return Exit.UNDECIDED
        case Answer.UNKNOWN:
            output.say(f"pluscheck: there is no run to show: {found.reason}, nothing was found{steps}")
            return Exit.INTERRUPTED if found.reason == Reason.INTERRUPTED else Exit.UNDECIDED
        case Answer.VIOLATED | Answer.REACHED | Answer.REJECTED:
            raise InternalError(f"{found.property} is {found.answer}, and there is no run")
        case _:
            assert_never(found.answer)


def _rendered(run: Told, to: str, look: Look) -> str:
    """Return the run in a format. What only one of them needs is imported only for it."""
    story = run.story
    match to:
        case "html":
            from pluscheck.pipeline.trace_files import attachments
            from pluscheck.report.html.page import trace_page

            return trace_page(story, attachments(run))
        case "itf":
            from pluscheck.report.formats.itf import itf_text

            return itf_text(story, run.system.variables, run.run.states)
        case "json":
            from pluscheck.report.formats.trace_json import trace_json

            return trace_json(story)
        case "mermaid":
            from pluscheck.report.formats.mermaid import mermaid

            return mermaid(story)
        case "plantuml":
            from pluscheck.report.formats.plantuml import plantuml

            return plantuml(story)
        case "markdown":
            from pluscheck.report.formats.markdown import markdown

            return markdown(story)
        case "dot":
            from pluscheck.pipeline.state_graph import state_graph
            from pluscheck.report.formats.dot import dot

            return dot(state_graph(run.system, run.run, story))
        case _:
            from pluscheck.report.formats.terminal import run_text

            return run_text(story, run.trace, look)
