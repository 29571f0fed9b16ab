"""`pluscheck verify`: runs the pipeline, shows what it finds while it finds it, and turns the report into an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pluscheck.base.answers import interrupt
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.formats import reported
from pluscheck.cli.worker import AbandonedError, on_large_stack
from pluscheck.engines.interface import Progress
from pluscheck.pipeline.engines import ENGINES, IN_TURN, PORTFOLIO
from pluscheck.pipeline.options import Options, Pattern, UsageError
from pluscheck.pipeline.verify import stdlib_files, verify
from pluscheck.report.look import Look
from pluscheck.report.model import Answer, ModelReport, Outcome, Report, SpecReport
from pluscheck.report.text import model_text, name_width, spec_heading

if TYPE_CHECKING:
    from rich.status import Status

DEFAULT_PATH = Path("spec")

BOUNDED = "bmc"
"""What the names of engines begin with that go to a depth and no further."""


def run_verify(arguments: argparse.Namespace) -> int:
    """Check what the arguments say and return the exit code."""
    try:
        options = _options(arguments)
        paths = _paths(arguments)
        show = show_of(arguments)
        report = run_shown(lambda: verify(paths, options, show), show, options)
    except UsageError as error:
        output.say(f"pluscheck: {error}")
        return Exit.USAGE
    except OSError as error:
        if arguments.html is None:
            raise
        output.say(f"pluscheck: cannot write pages to {arguments.html}: {error.strerror}")
        return Exit.USAGE
    return reported(report, exit_code(report), show, arguments)


def exit_code(report: Report) -> int:
    """Return what the whole run comes to: the first that applies, from what cannot be trusted to what is not known.

    A rejected counterexample (70) says that pluscheck is wrong; a wrong spec (3), that not everything was checked; then come
    violations (1), checks that say nothing (5) and what is open (4).
    """
    outcomes = set(report.outcomes)
    answers = {p.answer for spec in report.specs for model in spec.models for p in model.properties}
    if Answer.REJECTED in answers:
        return Exit.INTERNAL
    if any(spec.diagnostics for spec in report.specs):
        return Exit.SPEC
    if outcomes & {Outcome.VIOLATED, Outcome.ABSENT}:
        return Exit.VIOLATED
    if Outcome.VACUOUS in outcomes or (report.strict and any(spec.dead for spec in report.specs)):
        return Exit.VACUOUS
    return Exit.UNDECIDED if Outcome.UNDECIDED in outcomes else Exit.MET


def _options(arguments: argparse.Namespace) -> Options:
    """Return what the arguments say of how to check. Raises UsageError."""
    return Options(
        symmetry=not arguments.no_symmetry,
        engine=engine_named(arguments.engine),
        depth=arguments.depth,
        seconds=arguments.timeout,
        prove_seconds=arguments.prove_seconds,
        memory=half_of_memory() if arguments.memory is None else arguments.memory * 1024 * 1024,
        only=tuple(Pattern.parse(text) for text in arguments.only),
        strict=arguments.strict,
        html=arguments.html,
    )


def engine_named(name: str) -> str:
    """Return the name of an engine that can be used. Raises UsageError."""
    engine = ENGINES.get(name)
    if engine is None and name not in (PORTFOLIO, IN_TURN):
        names = ", ".join((PORTFOLIO, IN_TURN, *ENGINES))
        raise UsageError(f"there is no engine '{name}'; there are {names}")
    if engine is not None and not engine.is_there:
        if engine.instead is not None:
            output.say(
                f"warning: the engine '{name}' needs the package '{engine.needs}', which is not installed: it is '{engine.instead}' that searches, which takes longer"
            )
            return engine.instead
        raise UsageError(f"the engine '{name}' needs the package '{engine.needs}', which is not installed")
    return name


def half_of_memory() -> int | None:
    """Return half of the machine's memory in bytes, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return None


def _paths(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """Return what to check. Raises UsageError."""
    library = stdlib_files() if arguments.stdlib else ()
    if arguments.paths or library:
        return (*arguments.paths, *library)
    if not DEFAULT_PATH.is_dir():
        raise UsageError("there is no directory 'spec' here: name a file, or start with `pluscheck new`")
    return (DEFAULT_PATH,)


def _look(arguments: argparse.Namespace) -> Look:
    """Return how text is to look on standard output."""
    timings = output.is_terminal(sys.stdout) if arguments.timings is None else arguments.timings
    return Look(
        width=output.width_of(sys.stdout),
        color=output.is_colored(sys.stdout, no_color=arguments.no_color),
        unicode=output.is_unicode(sys.stdout),
        timings=timings,
        traces=arguments.traces,
        quiet=arguments.quiet,
        statistics=arguments.statistics,
    )


def show_of(arguments: argparse.Namespace) -> Show:
    """Return what shows a run: on standard output only where text is wanted there."""
    is_text = arguments.format == "text" and arguments.output is None
    return Show(_look(arguments), text=is_text, no_color=arguments.no_color)


def run_shown(run: Callable[[], Report], show: Show, options: Options) -> Report:
    """Return the report of a run; if Ctrl-C ends it, of what was known by then. Raises what the run raises."""
    try:
        return on_large_stack(run, show.stop)
    except AbandonedError:
        show.abandoned = True
        return show.so_far(options)
    finally:
        show.close()


class Show:
    """Shows a run while it goes on: verdicts on standard output, and how far it is on standard error if that is a terminal."""

    def __init__(self, look: Look, *, text: bool, no_color: bool) -> None:
        self.look = look
        self.abandoned = False
        self._text = text
        self._stopped = False
        self._specs: list[SpecReport] = []
        self._width = 0
        self._current = ""
        self._depth: int | None = None
        self._far: dict[str, str] = {}
        self._status: Status | None = None
        self._room = 0
        if output.is_terminal(sys.stderr):
            from rich.console import Console

            plain = not output.is_colored(sys.stderr, no_color=no_color)
            console = Console(stderr=True, no_color=plain, highlight=False, markup=False, emoji=False)
            self._status = console.status("")
            self._room = console.width - len("⠋ ") - 1

    def stop(self) -> None:
        """Make the run end at its next sign of life, and give it reason for one."""
        self._stopped = True
        interrupt()

    def close(self) -> None:
        """Take the progress off the terminal."""
        if self._status is not None:
            self._status.stop()

    def so_far(self, options: Options) -> Report:
        """Return the report of what has been finished."""
        return Report(tuple(self._specs), options.strict, interrupted=True)

    def spec_started(self, file: str, names: tuple[str, ...]) -> None:
        """Print the heading of a spec."""
        self._specs.append(SpecReport(file, None, (), (), ()))
        self._width = name_width(names)
        self._print(spec_heading(file, self.look))

    def spec_rejected(self, file: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        """Print what is wrong with a spec."""
        if not self._specs or self._specs[-1].file != file:
            self._specs.append(SpecReport(file, None, (), (), ()))
        self._specs[-1] = replace(self._specs[-1], diagnostics=diagnostics)
        self._print(output.diagnostics_text(diagnostics, color=self.look.color, width=self.look.width))

    def model_started(self, file: str, model: str, depth: int | None) -> None:
        """Show what is being checked."""
        self._current, self._depth = f"{Path(file).stem}:{model}", depth
        self._far = {}
        self._show(self._current)

    def progress(self, progress: Progress) -> None:
        """Show how far the engine is. Raises KeyboardInterrupt if the run is to end."""
        if self._stopped:
            raise KeyboardInterrupt
        to = f"/{self._depth}" if self._depth is not None and progress.engine.startswith(BOUNDED) else ""
        states = f" ({progress.states:,} states)" if progress.states is not None else ""
        self._far[progress.engine] = f"{progress.engine} {progress.depth}{to}{states}"
        far = ", ".join(self._far.values())
        self._show(f"{self._current}  {len(progress.open)} open, {progress.seconds:.0f} s: {far}")

    def model_finished(self, report: ModelReport) -> None:
        """Print a model's verdicts."""
        self._specs[-1] = replace(self._specs[-1], models=(*self._specs[-1].models, report))
        self._print(model_text(report, self._width, self.look))

    def _show(self, text: str) -> None:
        """Put a line of progress on the terminal: one, since what takes several takes lines of the report with it when it goes."""
        if self._status is not None:
            self._status.update(text[: self._room])
            self._status.start()

    def _print(self, text: str) -> None:
        """Write to standard output, where no progress is in the way."""
        if self._text and text:
            if self._status is not None:
                self._status.stop()
            output.write(text)
