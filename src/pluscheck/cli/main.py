"""Arguments to commands. Each command's own imports wait until it is chosen, so that `--help` costs nothing."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from pluscheck import __version__
from pluscheck.cli.exits import Exit
from pluscheck.cli.output import UnwritableError, discard_output, open_missing_streams, say, soften

FORMATS = ("text", "json", "junit", "sarif", "github")
"""Of reports."""

TRACE_FORMATS = ("terminal", "html", "itf", "json", "mermaid", "plantuml", "markdown", "dot")
"""Of a single trace."""

NEW_OBJECTS = 100_000
"""After so many Python looks for cycles that nobody holds any more. What is made here are trees that live until the end, and hardly a cycle."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    gc.set_threshold(NEW_OBJECTS)
    open_missing_streams()
    soften(sys.stdout)
    soften(sys.stderr)
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as end:
        return int(end.code or 0)
    try:
        return _run(arguments)
    except BrokenPipeError:  # whoever read our output has seen enough
        discard_output()
        return Exit.BROKEN_PIPE
    except UnwritableError as error:
        discard_output()
        say(f"pluscheck: the output cannot be written: {error}")
        return Exit.UNWRITABLE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as fault:  # our own faults end here, and only here
        return _own_fault(fault, debug=arguments.debug)


def _run(arguments: argparse.Namespace) -> int:
    """Run the command that was chosen."""
    match arguments.command:
        case "verify":
            from pluscheck.cli.verify import run_verify

            return run_verify(arguments)
        case "lower":
            from pluscheck.cli.lower import run_lower

            return run_lower(arguments.spec, arguments.model)
        case "recheck":
            from pluscheck.cli.recheck import run_recheck

            return run_recheck(arguments)
        case "gate":
            from pluscheck.cli.gate import run_gate

            return run_gate(arguments)
        case "trace":
            from pluscheck.cli.trace import run_trace

            return run_trace(arguments)
        case "ablate":
            from pluscheck.cli.ablate import run_ablate

            return run_ablate(arguments)
        case "export":
            from pluscheck.cli.export import run_export

            return run_export(arguments.spec, arguments.to, arguments.model, arguments.output)
        case "explain":
            from pluscheck.cli.explain import run_explain

            return run_explain(arguments.code)
        case _:
            from pluscheck.cli.new import run_new

            return run_new(arguments.name)


def _own_fault(fault: Exception, *, debug: bool) -> int:
    """Say that pluscheck is wrong, not its user."""
    if debug:
        import traceback

        traceback.print_exception(fault)
    text = " ".join(str(fault).split())
    say(f"pluscheck: this is a fault of pluscheck, not of your spec: {type(fault).__name__}: {text[:500]}")
    if not debug:
        say("pluscheck: run it again with --debug to see where, and please report it")
    return Exit.INTERNAL


# ------------------------------------------------------------------------------------------ arguments


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the traceback of a fault of pluscheck's own")
    top = argparse.ArgumentParser(
        prog="pluscheck",
        description="Check locking and concurrency protocols, and show the shortest run that breaks one.",
        epilog="Exit codes: 0 as expected, 1 violated, 2 usage, 3 wrong spec, 4 undecided, 5 vacuous, "
        "6 stored evidence rejected, 70 a fault of pluscheck, 74 output not written, 130 interrupted.",
    )
    top.add_argument("--version", action="version", version=f"pluscheck {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_verify(commands, common)
    _add_gate(commands, common)
    lower = commands.add_parser("lower", parents=[common], help="print the transition system that the engines see")
    lower.add_argument("spec", type=Path, metavar="SPEC", help="a .plus file")
    lower.add_argument("--model", metavar="NAME", help="which of its models (default: all)")
    recheck = commands.add_parser(
        "recheck",
        parents=[common],
        help="check stored proofs anew, with none of the engines",
        description="Check stored proofs anew: replay a trace, discharge the obligations of a certificate. No engine is used.",
    )
    recheck.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a stored proof, or a directory of them, such as proofs"
    )
    recheck.add_argument("--spec", type=Path, metavar="FILE", help="the specification (default: where each proof says)")
    recheck.add_argument(
        "--timeout", type=_positive, default=60.0, metavar="SECONDS", help="for each of them (default: 60)"
    )
    recheck.add_argument(
        "--with",
        dest="solvers",
        action="append",
        default=[],
        choices=["bitwuzla", "cvc5"],
        help="a solver that must agree with Z3 on invariants; may be repeated; the extra `solvers` brings them",
    )
    recheck.add_argument("--show", action="store_true", help="also show the invariants")
    recheck.add_argument("--format", choices=["text", "json"], default="text", help="how to say it (default: text)")
    recheck.add_argument("--no-color", action="store_true", help="no colours; the variable NO_COLOR says so too")
    _add_trace(commands, common)
    _add_ablate(commands, common)
    export = commands.add_parser("export", parents=[common], help="write models as files for other tools")
    export.add_argument("spec", type=Path, metavar="FILE", help="a .plus file; for smt2 a stored proof")
    export.add_argument(
        "--to",
        required=True,
        metavar="FORMAT",
        help="of a model: aiger (a binary AIGER 1.9 file), tla (a module and a configuration for TLC), promela (for Spin); of a stored proof: smt2 (an SMT-LIB 2 script for each obligation)",
    )
    export.add_argument("--model", metavar="NAME", help="which of its models (default: all)")
    export.add_argument(
        "--output", type=Path, default=Path(), metavar="DIR", help="where to write (default: the current directory)"
    )
    explain = commands.add_parser("explain", parents=[common], help="print the page behind a diagnostic's code")
    explain.add_argument("code", nargs="?", metavar="CODE", help="such as PC201; without it, all codes are listed")
    new = commands.add_parser("new", parents=[common], help="write a first spec that verifies, to start from")
    new.add_argument("name", nargs="?", default="Lock", metavar="NAME", help="of the module (default: Lock)")
    return top


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command `verify`."""
    verify = commands.add_parser(
        "verify",
        parents=[common],
        help="check every property of every model against what it expects",
        description="Check every property of every model of the specs named against what the models expect.",
    )
    verify.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="a .plus file, or a directory of them (default: spec)"
    )
    verify.add_argument("--stdlib", action="store_true", help="check the standard library's own specs")
    verify.add_argument(
        "--engine",
        default="portfolio",
        metavar="NAME",
        help="one engine alone, such as bmc (default: portfolio, which races them)",
    )
    verify.add_argument(
        "--depth", type=_natural, metavar="N", help="how many steps deep (default: the model's depth, or 20)"
    )
    verify.add_argument("--timeout", type=_positive, metavar="SECONDS", help="for each model")
    verify.add_argument(
        "--prove-seconds",
        type=_positive,
        metavar="SECONDS",
        help="how long to look for proofs that no model asks for, once the depth is reached (default: 10)",
    )
    verify.add_argument("--memory", type=_natural, metavar="MB", help="for the whole process (default: half of it all)")
    verify.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="GLOB",
        help="spec:model:property, parts left out being anything; may be repeated",
    )
    verify.add_argument(
        "--no-symmetry", action="store_true", help="look at all states, also at those that are permutations of others"
    )
    verify.add_argument(
        "--statistics", action="store_true", help="also show what was counted: states, steps, and how many are whose"
    )
    verify.add_argument("--strict", action="store_true", help="fail if an action or label is never taken in any model")
    verify.add_argument(
        "--traces", action="store_true", help="also show the traces of expected violations and witnesses"
    )
    _add_output(verify)
    verify.add_argument(
        "--html", type=Path, metavar="DIR", help="write a page for each trace and each proof, and index.html"
    )


def _add_gate(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command `gate`."""
    gate = commands.add_parser(
        "gate",
        parents=[common],
        help="check stored evidence anew, and whether all that is expected has some",
        description="Check stored evidence anew, look for what is new or out of date, and fail where expectations and evidence differ.",
    )
    gate.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="a .plus file, or a directory of them (default: spec)"
    )
    gate.add_argument(
        "--proofs", type=Path, default=Path("proofs"), metavar="DIR", help="where evidence is stored (default: proofs)"
    )
    gate.add_argument(
        "--update", action="store_true", help="write what is new or changed, and remove what is of nothing"
    )
    gate.add_argument("--timeout", type=_positive, metavar="SECONDS", help="to look for what is new, for each model")
    gate.add_argument(
        "--prove-seconds",
        type=_positive,
        metavar="SECONDS",
        help="how long each engine may look for a proof that no model asks for (default: 10)",
    )
    gate.add_argument("--memory", type=_natural, metavar="MB", help="for the whole process (default: half of it all)")
    gate.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="GLOB",
        help="spec:model:property, parts left out being anything; may be repeated",
    )
    gate.add_argument("--cache", type=Path, metavar="DIR", help="of what was checked before (default: the user's own)")
    gate.add_argument("--no-cache", action="store_true", help="check everything anew")
    gate.add_argument(
        "--traces", action="store_true", help="also show the traces of expected violations that are looked for"
    )
    gate.set_defaults(statistics=False)
    _add_output(gate)


def _add_trace(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command `trace`."""
    trace = commands.add_parser(
        "trace",
        parents=[common],
        help="show one trace, stored or looked for now, in one of many formats",
        description="Replay a stored trace, or look for one now, and show it in the format asked for.",
    )
    trace.add_argument("file", type=Path, metavar="FILE", help="a stored proof that has a trace, or a .plus file")
    trace.add_argument("--to", choices=TRACE_FORMATS, default="terminal", help="the format (default: terminal)")
    trace.add_argument("--output", type=Path, metavar="FILE", help="write it there (default: standard output)")
    trace.add_argument("--spec", type=Path, metavar="FILE", help="of a stored trace: its specification")
    trace.add_argument("--model", metavar="NAME", help="of a .plus file: which of its models")
    trace.add_argument("--property", metavar="NAME", help="of a .plus file: what is violated or reached")
    trace.add_argument(
        "--engine", default="portfolio", metavar="NAME", help="of a .plus file: who looks for it, as for verify"
    )
    trace.add_argument("--depth", type=_natural, metavar="N", help="of a .plus file: how many steps deep")
    trace.add_argument("--timeout", type=_positive, metavar="SECONDS", help="of a .plus file: how long to look")
    trace.add_argument("--no-color", action="store_true", help="no colours; the variable NO_COLOR says so too")


def _add_ablate(commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser) -> None:
    """Add the command `ablate`."""
    ablate = commands.add_parser(
        "ablate",
        parents=[common],
        help="find out which protections are needed: minimal safe sets, and the race behind every missing one",
        description="Decide every setting of a model's switches: which sets of protections are safe, and what happens without each of them.",
    )
    ablate.add_argument("spec", type=Path, metavar="SPEC", help="a .plus file")
    ablate.add_argument("--model", metavar="NAME", help="which of its models; the values of its switches do not matter")
    ablate.add_argument(
        "--from",
        dest="repair",
        metavar="NAME",
        help="which of its models, and say what has to be added to its protections to make it safe",
    )
    ablate.add_argument(
        "--order", metavar="NAME", help="ask what must come before what in this order, in place of the switches"
    )
    ablate.add_argument(
        "--property",
        action="append",
        default=[],
        metavar="NAME",
        help="which property is not to be violated, or witness to be reached (default: all that the model checks); may be repeated",
    )
    ablate.add_argument("--timeout", type=_positive, metavar="SECONDS", help="for all that is looked for")
    ablate.add_argument("--memory", type=_natural, metavar="MB", help="for the whole process (default: half of it all)")
    ablate.add_argument(
        "--format", choices=("text", "markdown", "json"), default="text", help="of the report (default: text)"
    )
    ablate.add_argument("--output", type=Path, metavar="FILE", help="write it there (default: standard output)")
    ablate.add_argument(
        "--html", type=Path, metavar="DIR", help="write the table as ablation.html, and a page for each run"
    )
    ablate.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="keep the answer with its evidence there, such as in proofs, for `gate`",
    )
    ablate.add_argument("--traces", action="store_true", help="also show the runs, in text")
    ablate.add_argument(
        "--timings",
        action=argparse.BooleanOptionalAction,
        help="show seconds and effort (default: on a terminal only, so that output kept is always the same)",
    )
    ablate.add_argument("--no-color", action="store_true", help="no colours; the variable NO_COLOR says so too")


def _add_output(command: argparse.ArgumentParser) -> None:
    """Add the options that say what is shown, how and where."""
    command.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="of the report (default: text)",
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="write the report there (default: standard output)"
    )
    command.add_argument(
        "--also",
        type=_format_and_file,
        action="append",
        default=[],
        metavar="FORMAT=FILE",
        help="write the report in another format too; may be repeated",
    )
    command.add_argument(
        "--timings",
        action=argparse.BooleanOptionalAction,
        help="show seconds (default: on a terminal only, so that output kept is always the same)",
    )
    command.add_argument("--no-color", action="store_true", help="no colours; the variable NO_COLOR says so too")
    command.add_argument("-q", "--quiet", action="store_true", help="show only what is not as expected")


def _format_and_file(text: str) -> tuple[str, Path]:
    """Return the format and the file that an argument stands for."""
    name, equals, file = text.partition("=")
    if name not in FORMATS or not equals or not file:
        raise argparse.ArgumentTypeError(f"'{text}' is not one of {', '.join(FORMATS)}, followed by = and a file")
    return name, Path(file)


def _natural(text: str) -> int:
    """Return the natural number that an argument stands for."""
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"'{text}' is no natural number of at most nine digits")
    return int(text)


def _positive(text: str) -> float:
    """Return the positive number of seconds that an argument stands for."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"'{text}' is no positive number of seconds")
    return number
