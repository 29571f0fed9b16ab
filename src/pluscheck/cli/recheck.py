"""`pluscheck recheck`: stored proofs, checked anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.worker import on_large_stack
from pluscheck.pipeline.rechecking import Rechecked, Rechecker, Standing
from pluscheck.proofs.document import StoredInduction, StoredInvariant, StoredProof
from pluscheck.proofs.files import SUFFIX

_WORST_FIRST = (Exit.REJECTED, Exit.SPEC, Exit.UNDECIDED)


def run_recheck(arguments: argparse.Namespace) -> int:
    """Check each of the files anew, and say what was shown, and by what."""
    missing = [path for path in (*arguments.files, *filter(None, [arguments.spec])) if not path.exists()]
    if missing:
        output.say(f"pluscheck: there is no file {missing[0]}")
        return Exit.USAGE
    paths = list(_files(arguments.files))
    if not paths:
        output.say("pluscheck: there are no stored proofs")
        return Exit.USAGE
    color = output.is_colored(sys.stderr, no_color=arguments.no_color)
    found: set[Exit] = set()
    rechecker = Rechecker(spec=arguments.spec, seconds=arguments.timeout, with_solvers=arguments.solvers)
    for path in paths:
        result = on_large_stack(lambda path=path: rechecker.rechecked(path), lambda: None)  # type: ignore[misc]
        output.write(_text(result, show=arguments.show))
        if result.diagnostics:
            width = output.width_of(sys.stderr)
            output.say(output.diagnostics_text(result.diagnostics, color=color, width=width))
        found.add(_exit(result.standing))
    return next((code for code in _WORST_FIRST if code in found), Exit.MET)


def _files(paths: list[Path]) -> Iterator[Path]:
    """Yield the stored proofs: the files given, and all that are below the directories given."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob(f"*{SUFFIX}") if file.is_file())
        else:
            yield path


def _exit(standing: Standing) -> Exit:
    match standing:
        case Standing.SHOWN:
            return Exit.MET
        case Standing.REJECTED:
            return Exit.REJECTED
        case Standing.UNDECIDED:
            return Exit.UNDECIDED
        case Standing.SPEC:
            return Exit.SPEC
        case _:
            assert_never(standing)


def _text(result: Rechecked, *, show: bool) -> str:
    """Return what is said of a file, in one line; with `show` also its invariant."""
    proof = result.proof
    line = f"{result.file}: {_outcome(result)}\n"
    if not show or proof is None or result.standing is not Standing.SHOWN:
        return line
    return line + "".join(f"    {part}\n" for part in _invariant(proof))


def _outcome(result: Rechecked) -> str:
    proof = result.proof
    match result.standing:
        case Standing.SHOWN if proof is not None:
            claim = f"{proof.spec.module}, model {proof.model}: {proof.property} is {proof.claim.value}"
            return f"{claim}; {result.what}, accepted by {' and '.join(result.by)}"
        case Standing.UNDECIDED:
            return f"undecided: {result.reason}"
        case Standing.SPEC:
            return "undecided: the specification is wrong"
        case _:
            return "rejected"


def _invariant(proof: StoredProof) -> Iterator[str]:
    """Yield the lines of the invariant that a proof has, if it has one: a list of conjuncts."""
    match proof.evidence:
        case StoredInvariant() as invariant:
            pass
        case StoredInduction(_, invariant):
            pass
        case _:
            return
    for name in invariant.properties:
        yield f"/\\ {name}"
    for clause in invariant.conjuncts:
        first, *rest = clause.text.split("\n")
        yield f"/\\ {first}"
        yield from (f"   {line}" for line in rest)
