"""From a verdict that was judged to the file that keeps it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pluscheck import __version__
from pluscheck.base.errors import InternalError
from pluscheck.core.digest import PREFIX, value_digest
from pluscheck.core.system import Expectation, Model, State, TransitionSystem
from pluscheck.core.values import ordered
from pluscheck.evidence.verdict import Bounded, Proved, ReachableSet, Reached, SearchedStates, Unknown, Violated
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.modules import LIBRARY_PREFIX
from pluscheck.lang.parser import parse
from pluscheck.lang.printer import print_module
from pluscheck.pipeline.evidence import Judged
from pluscheck.proofs.binding import bound_to, kind_of
from pluscheck.proofs.document import (
    Claim,
    SpecName,
    StoredDepth,
    StoredEvidence,
    StoredProof,
    StoredSearch,
    StoredStates,
)
from pluscheck.proofs.files import proof_path
from pluscheck.proofs.traces import stored_trace

_SOLVERS = (("Z3", "z3-solver"), ("cvc5", "cvc5"), ("Bitwuzla", "bitwuzla"))
"""How solvers are called by the judge, and the packages whose versions are kept."""


def spec_name(elaborated: Elaborated, proof: Path) -> SpecName:
    """Return how the proof's file names its specification."""
    file = elaborated.root.span.source.name
    if not file.startswith(LIBRARY_PREFIX):
        file = Path(os.path.relpath(file, proof.parent)).as_posix()
    return SpecName(file, elaborated.root.name.name, spec_digest(elaborated))


def spec_digest(elaborated: Elaborated) -> str:
    """Return a digest of the text of all modules, which their layout and comments do not change."""
    found = hashlib.sha256()
    for module in elaborated.modules:
        found.update(print_module(parse(module.span.source)).encode())
    return PREFIX + found.hexdigest()


def stored_proof(
    elaborated: Elaborated, model: Model, expectation: Expectation, judged: Judged, folder: Path
) -> tuple[Path, StoredProof] | None:
    """Return what is to be kept of a property's verdict, and the file in which it belongs below `folder`; of an unknown one, None."""
    found = _claim(model.system, judged)
    if found is None:
        return None
    claim, evidence = found
    system, name = model.system, expectation.property
    kind = kind_of(system, name)
    if kind is None:
        raise InternalError(f"a verdict on {name}, which {system.name} does not have")
    path = proof_path(folder, system.name, system.model, name)
    proof = StoredProof(
        spec=spec_name(elaborated, path),
        model=system.model,
        property=name,
        kind=kind,
        expected=expectation.expected,
        expected_depth=expectation.depth,
        system="",
        claim=claim,
        evidence=evidence,
        shown_by=judged.by,
        tools=_tools(judged.by),
    )
    return path, bound_to(proof, system)


def _claim(system: TransitionSystem, judged: Judged) -> tuple[Claim, StoredEvidence] | None:
    """Return what is claimed, and what shows it; None where nothing is known."""
    match judged.verdict:
        case Proved(ReachableSet(states, diameter)):
            return Claim.PROVED, StoredStates(len(states), diameter, states_digest(states))
        case Proved(SearchedStates(count, transitions, diameter, digest, permuted)):
            return Claim.PROVED, StoredSearch(count, transitions, diameter, digest, permuted)
        case Proved():
            if judged.text is None:
                raise InternalError("a certificate was judged without its text")
            return Claim.PROVED, judged.text
        case Violated(trace):
            return Claim.VIOLATED, stored_trace(system, trace)
        case Reached(trace):
            return Claim.REACHED, stored_trace(system, trace)
        case Bounded(depth):
            return Claim.BOUNDED, StoredDepth(depth)
        case Unknown():
            return None


def states_digest(states: Iterable[State]) -> str:
    """Return a digest of a set of states."""
    return value_digest(ordered(states))


def _tools(by: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the versions of pluscheck and of the solvers that the judge has used."""
    found = [("pluscheck", __version__)]
    for name, package in _SOLVERS:
        if any(name.lower() in each.lower() for each in by):
            try:
                found.append((package, version(package)))
            except PackageNotFoundError:  # a program on the path
                continue
    return tuple(sorted(found))
