"""`pluscheck recheck`: stored proofs, checked anew."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_never

from pluscheck.cli import output
from pluscheck.cli.exits import Exit
from pluscheck.cli.worker import on_large_stack
from pluscheck.pipeline.rechecking import Rechecked, Rechecker, Standing
from pluscheck.proofs.document import StoredInduction, StoredInvariant, StoredProof
from pluscheck.proofs.files import SUFFIX
from pluscheck.report.json import diagnostic_data

FORMAT = "pluscheck-recheck-1"
"""Named in the JSON; a change that a reader could trip over gets another number."""

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
    results: list[Rechecked] = []
    rechecker = Rechecker(spec=arguments.spec, seconds=arguments.timeout, with_solvers=arguments.solvers)
    for path in paths:
        result = on_large_stack(lambda path=path: rechecker.rechecked(path), lambda: None)  # type: ignore[misc]  # the default binds `path`
        results.append(result)
        if arguments.format == "text":
            _say(result, arguments)
    found = {_exit(result.standing) for result in results}
    code = next((code for code in _WORST_FIRST if code in found), Exit.MET)
    if arguments.format == "json":
        output.write(_json(results, code, show=arguments.show))
    return code


def _say(result: Rechecked, arguments: argparse.Namespace) -> None:
    """Say what became of a file, and why if it was not accepted."""
    output.write(_text(result, show=arguments.show))
    if result.diagnostics:
        color = output.is_colored(sys.stderr, no_color=arguments.no_color)
        width = output.width_of(sys.stderr)
        output.say(output.diagnostics_text(result.diagnostics, color=color, width=width))


def _json(results: list[Rechecked], code: Exit, *, show: bool) -> str:
    """Return all results as JSON, as `recheck.schema.json` in `report` says, keys sorted."""
    data = {"format": FORMAT, "exit_code": int(code), "proofs": [_data(result, show=show) for result in results]}
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _data(result: Rechecked, *, show: bool) -> dict[str, Any]:
    """Return what became of a file, as JSON has it."""
    proof = result.proof
    invariant = list(_conjuncts(proof)) if show and proof is not None and result.standing is Standing.SHOWN else []
    return {
        "file": result.file,
        "standing": str(result.standing),
        "module": None if proof is None else proof.spec.module,
        "model": None if proof is None else proof.model,
        "property": None if proof is None else proof.property,
        "verdict": None if proof is None else str(proof.claim),
        "evidence": result.what,
        "by": list(result.by),
        "reason": result.reason,
        "invariant": invariant or None,
        "diagnostics": [diagnostic_data(diagnostic) for diagnostic in result.diagnostics],
    }


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
    for conjunct in _conjuncts(proof):
        first, *rest = conjunct.split("\n")
        yield f"/\\ {first}"
        yield from (f"   {line}" for line in rest)


def _conjuncts(proof: StoredProof) -> Iterator[str]:
    """Yield what the invariant of a proof says, if it has one: names of properties, then formulas."""
    match proof.evidence:
        case StoredInvariant() as invariant:
            pass
        case StoredInduction(_, invariant):
            pass
        case _:
            return
    yield from invariant.properties
    yield from (clause.text for clause in invariant.conjuncts)
