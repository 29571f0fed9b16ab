"""`pluscheck gate`: compares what models expect with the evidence that is stored, and turns that into an exit code."""

from __future__ import annotations

import argparse
import os
import sys

from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.formats import reported
from pluscheck.cli.verify import DEFAULT_PATH, exit_code, half_of_memory, run_shown, show_of
from pluscheck.pipeline.cache import KEY_VARIABLE, Cache, cache_in
from pluscheck.pipeline.gate import gate
from pluscheck.pipeline.model_gate import GateOptions
from pluscheck.pipeline.options import Options, Pattern, UsageError
from pluscheck.report.model import Outcome, Report, Stored


def run_gate(arguments: argparse.Namespace) -> int:
    """Compare what the arguments say and return the exit code."""
    try:
        paths = arguments.paths or (DEFAULT_PATH,)
        if not arguments.paths and not DEFAULT_PATH.is_dir():
            raise UsageError("there is no directory 'spec' here: name a file or a directory")
        options = _options(arguments)
        show = show_of(arguments)
        try:
            report = run_shown(lambda: gate(paths, options, show), show, options.options)
        except OSError as error:
            raise UsageError(f"{error.filename}: {error.strerror}") from None
    except UsageError as error:
        output.say(f"pluscheck: {error}")
        return Exit.USAGE
    code = _exit_code(report)
    if options.cache is not None and options.cache.refused:
        number = len(options.cache.refused)
        output.say(
            f"pluscheck: {number} damaged or forged {'entry' if number == 1 else 'entries'} in {options.cache.folder} "
            "counted for nothing"
        )
    return reported(report, code, show, arguments)


def _exit_code(report: Report) -> int:
    """Return what the run comes to: as of `verify`, and 6 where stored evidence does not stand, or is not there."""
    code = exit_code(report)
    stored = {p.stored for spec in report.specs for model in spec.models for p in model.properties}
    stored |= {row.stored for row in report.ablations}
    if code not in (Exit.INTERNAL, Exit.SPEC) and Stored.REJECTED in stored:
        return Exit.REJECTED
    drifted = Outcome.DRIFT in report.outcomes or report.orphans
    return Exit.REJECTED if drifted and code in (Exit.MET, Exit.UNDECIDED, Exit.VACUOUS) else code


def _options(arguments: argparse.Namespace) -> GateOptions:
    """Return what the arguments say of how to compare. Raises UsageError."""
    if arguments.update and os.path.exists(arguments.proofs) and not os.path.isdir(arguments.proofs):
        raise UsageError(f"{arguments.proofs} is no directory")
    options = Options(
        seconds=arguments.timeout,
        prove_seconds=arguments.prove_seconds,
        memory=half_of_memory() if arguments.memory is None else arguments.memory * 1024 * 1024,
        only=tuple(Pattern.parse(text) for text in arguments.only),
    )
    return GateOptions(arguments.proofs, arguments.update, _cache(arguments), options, whole=not arguments.paths)


def _cache(arguments: argparse.Namespace) -> Cache | None:
    """Return the cache, if there is to be one."""
    if arguments.no_cache:
        return None
    cache = cache_in(arguments.cache)
    if cache is None and arguments.cache is not None:
        output.say(f"pluscheck: there is no place to keep a key for the cache in; {KEY_VARIABLE} may hold one")
    sys.stderr.flush()
    return cache
