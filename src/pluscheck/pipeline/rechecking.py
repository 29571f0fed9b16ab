"""A stored proof, checked anew: its file, its specification as it is now, and `certify`; none of the engines.

What judges a certificate is imported only where there is one: a trace needs no solver.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.certify.replay import Rejection, Replay, replay
from pluscheck.core.digest import value_digest
from pluscheck.core.exprs import Lit
from pluscheck.core.semantics import initial_states, no_initial_state
from pluscheck.core.system import DEADLOCK, Model
from pluscheck.core.values import ordered
from pluscheck.evidence.verdict import InductiveInvariant, SearchedStates
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.front import elaborate
from pluscheck.lang.modules import LIBRARY_PREFIX, SUFFIX, library_source
from pluscheck.lower import lower, models
from pluscheck.pipeline.certificates import read_back, what_it_is
from pluscheck.proofs.binding import check_binding
from pluscheck.proofs.document import (
    Claim,
    StoredDepth,
    StoredInduction,
    StoredInvariant,
    StoredProof,
    StoredSearch,
    StoredStates,
    StoredTrace,
)
from pluscheck.proofs.files import read_proof
from pluscheck.proofs.json_text import refused
from pluscheck.proofs.traces import traces_in

if TYPE_CHECKING:
    from pluscheck.certify.inductive import InvariantJudge
    from pluscheck.certify.second import SecondSearch

MOST_STATES = 100_000
"""How many states are gone through to find those again that a stored proof counts."""


class Standing(StrEnum):
    """What became of a stored proof."""

    SHOWN = "shown"
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    SPEC = "spec"
    """Its specification is wrong by now."""


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A file and what became of it. `by` says who has accepted the evidence and `what` what it is; `diagnostics` why it was not accepted."""

    file: str
    standing: Standing
    proof: StoredProof | None = None
    what: str | None = None
    by: tuple[str, ...] = ()
    reason: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


class Rechecker:
    """Checks stored proofs anew, one after another. What several of one model share is done once: reading the specification, and judging a certificate.

    `spec` is the specification's file, if that is not where the proofs say; `seconds` are for each of them; `with_solvers` are solvers that must agree
    that an invariant is one, beside Z3.
    """

    def __init__(self, *, spec: Path | None, seconds: float, with_solvers: Sequence[str] = ()) -> None:
        self._spec = spec
        self._seconds = seconds
        self._solvers = tuple(with_solvers)
        self._sources: dict[Path | Source, Elaborated] = {}
        self._last: tuple[Path | Source, Judges] | None = None

    def rechecked(self, path: Path) -> Rechecked:
        """Return what becomes of a stored proof."""
        file = path.as_posix()
        try:
            proof = read_proof(path)
        except SpecError as error:
            return Rechecked(file, Standing.REJECTED, diagnostics=error.diagnostics)
        try:
            judges = self._judges(path, proof)
        except WrongSpecificationError as error:
            return Rechecked(file, Standing.SPEC, proof, diagnostics=error.diagnostics)
        except SpecError as error:
            return Rechecked(file, Standing.REJECTED, proof, diagnostics=error.diagnostics)
        return stands(file, proof, judges)

    def _judges(self, path: Path, proof: StoredProof) -> Judges:
        """Return those who judge what is about the model of a proof, the last ones if it is of the same. Raises as `of_model` does."""
        source = self._spec if self._spec is not None else _specification(path, proof)
        if self._last is None or (source, proof.model) != (self._last[0], self._last[1].model.system.model):
            elaborated, model = _of_source(source, proof, self._sources)
            self._last = source, Judges(elaborated, model, seconds=self._seconds, with_solvers=self._solvers)
        return self._last[1]


class Judges:
    """Those who judge the certificates of one model, one each: of the same text the same one, so that it is shown once that it is closed."""

    def __init__(
        self, elaborated: Elaborated, model: Model, *, seconds: float, with_solvers: Sequence[str] = ()
    ) -> None:
        self.model = model
        self.seconds = seconds
        self._elaborated = elaborated
        self._solvers = tuple(with_solvers)
        self._known: dict[_Words, InvariantJudge] = {}
        self._searches: dict[StoredSearch, SecondSearch] = {}
        self._starts: bool | None = None

    def of(self, file: str, name: str, text: StoredInvariant | StoredInduction) -> InvariantJudge:
        """Return who judges what the text says. Raises SpecError where it is no formulas of the specification."""
        from pluscheck.certify.inductive import InvariantJudge

        words = _words(name, text)
        if words not in self._known:
            found = read_back(self._elaborated, self.model.system, text, name, file)
            self._known[words] = InvariantJudge(
                found.system, found.certificate, seconds=self.seconds, with_solvers=self._solvers
            )
        return self._known[words]

    def require_start(self) -> None:
        """Raise SpecError if there is no initial state: then everything holds, and nothing is shown."""
        if self._starts is None:
            self._starts = self._has_start()
        if not self._starts:
            raise no_initial_state(self.model.system)

    def _has_start(self) -> bool:
        """Return whether there is an initial state, or one whose values fault; True where that is not decided: then other judges have the last word."""
        from pluscheck.certify.inductive import InvariantJudge
        from pluscheck.certify.opinions import Shown

        nothing = InductiveInvariant((Lit(False),))
        opinion = InvariantJudge(self.model.system, nothing, seconds=self.seconds).opinion(DEADLOCK)
        return not isinstance(opinion, Shown) or next(iter(initial_states(self.model.system)), None) is not None

    def of_search(self, stored: StoredSearch) -> SecondSearch:
        """Return who searches the states again."""
        from pluscheck.certify.second import SecondSearch

        if stored not in self._searches:
            said = SearchedStates(stored.count, stored.transitions, stored.diameter, stored.sums, stored.permuted)
            self._searches[stored] = SecondSearch(self.model.system, said, seconds=self.seconds)
        return self._searches[stored]


_Words = tuple[tuple[int, str] | None, tuple[str, ...], tuple[str, ...]]


def _words(name: str, text: StoredInvariant | StoredInduction) -> _Words:
    """Return all that a certificate says, as it is written: of one model the same words say the same."""
    match text:
        case StoredInvariant(conjuncts, properties):
            return None, tuple([clause.text for clause in conjuncts]), properties
        case StoredInduction(k, invariant):
            return (k, name), *_words(name, invariant)[1:]
        case _:
            assert_never(text)


class WrongSpecificationError(SpecError):
    """It is the specification of a proof that is wrong, not the proof."""


def of_model(path: Path, proof: StoredProof, spec: Path | None) -> tuple[Elaborated, Model]:
    """Return the specification and the model that a proof is about. Raises SpecError (PC806) and WrongSpecificationError."""
    return _of_source(spec if spec is not None else _specification(path, proof), proof, {})


def _of_source(
    source: Path | Source, proof: StoredProof, known: dict[Path | Source, Elaborated]
) -> tuple[Elaborated, Model]:
    """Return the specification and the model of a proof; `known` are those that were read before. Raises as `of_model` does."""
    try:
        if source not in known:
            known[source] = elaborate(source)
        elaborated = known[source]
        names = models(elaborated)
        if proof.model in names:
            return elaborated, lower(elaborated, proof.model)
    except SpecError as error:
        raise WrongSpecificationError(error.diagnostics) from None
    raise _no_model(proof, elaborated, names)


def stands(file: str, proof: StoredProof, judges: Judges) -> Rechecked:
    """Return what becomes of a proof of the model of these judges."""
    model = judges.model
    try:
        check_binding(proof, model)
        if proof.claim is Claim.PROVED:
            judges.require_start()
        match proof.evidence:
            case StoredTrace() as trace:
                return _replayed(file, proof, model, trace)
            case StoredStates() as states:
                return _found_again(file, proof, model, states, judges.seconds)
            case StoredSearch() as searched:
                return _searched_again(file, proof, judges, searched)
            case (StoredInvariant() | StoredInduction()) as text:
                return _discharged(file, proof, judges, text)
            case StoredDepth(depth):
                reason = f"that nothing was found within {depth} steps is no evidence, and is not searched for again"
                return Rechecked(file, Standing.UNDECIDED, proof, f"bounded {depth}", reason=reason)
            case _:
                assert_never(proof.evidence)
    except SpecError as error:
        return Rechecked(file, Standing.REJECTED, proof, diagnostics=error.diagnostics)


def _specification(path: Path, proof: StoredProof) -> Path | Source:
    """Return the specification that the proof names. Raises SpecError (PC806)."""
    name = proof.spec.file
    if name.startswith(LIBRARY_PREFIX):
        module = name.removeprefix(LIBRARY_PREFIX).removesuffix(SUFFIX)
        if module.isidentifier():
            try:
                return library_source(module)
            except FileNotFoundError:
                pass
    elif name.endswith(SUFFIX) and "\0" not in name and not Path(name).is_absolute():
        found = path.parent / name
        if found.is_file():
            return _shortest(found)
    raise refused(
        Code.PROOF_OF_ANOTHER,
        f"there is no specification {name[:200]!r}, seen from the folder of this file",
        proof.span,
        "this proof",
        remedy="say where it is: `--spec FILE`",
    )


def _shortest(path: Path) -> Path:
    """Return the path from here as a person would give it, without going up from folders that it goes into; from the root where nothing else is shared."""
    whole, here = path.resolve(), Path.cwd()
    is_near = whole.parts[:2] == here.parts[:2]
    return Path(os.path.relpath(whole, here)) if is_near else whole


def _no_model(proof: StoredProof, elaborated: Elaborated, names: tuple[str, ...]) -> SpecError:
    close = get_close_matches(proof.model, names, n=1)
    return refused(
        Code.PROOF_OF_ANOTHER,
        f"{elaborated.root.name.name} has no model `{proof.model[:80]}`",
        proof.span,
        "this proof",
        remedy=f"did you mean `{close[0]}`?" if close else None,
    )


def _rejected(file: str, proof: StoredProof, reason: str) -> Rechecked:
    error = refused(Code.PROOF_REJECTED, f"the evidence does not show it: {reason}", proof.span, "this proof")
    return Rechecked(file, Standing.REJECTED, proof, diagnostics=error.diagnostics)


# ---------------------------------------------------------------------------------------------- evidence


def _replayed(file: str, proof: StoredProof, model: Model, stored: StoredTrace) -> Rechecked:
    """Return what becomes of a trace."""
    reason = "the part that faults is not told"
    for trace in traces_in(model.system, stored):
        match replay(model.system, trace, proof.property):
            case Replay():
                steps = f"{trace.length} step{'' if trace.length == 1 else 's'}"
                return Rechecked(file, Standing.SHOWN, proof, f"a trace of {steps}", ("reference semantics",))
            case Rejection(reason):
                pass
    return _rejected(file, proof, reason)


def _found_again(file: str, proof: StoredProof, model: Model, stored: StoredStates, seconds: float) -> Rechecked:
    """Return what becomes of a count of states: they are found again, and judged."""
    from pluscheck.certify.exploring import Unfinished, reachable_set
    from pluscheck.certify.opinions import NotJudged, Refuted, Shown
    from pluscheck.certify.reachable import ReachableSetJudge

    what = f"all {stored.count:,} reachable states"
    if stored.count > MOST_STATES:
        return Rechecked(file, Standing.UNDECIDED, proof, what, reason="there are too many to find them again")
    found = reachable_set(model.system, most=stored.count, seconds=seconds)
    match found:
        case Unfinished.TIME:
            return Rechecked(file, Standing.UNDECIDED, proof, what, reason="finding them again took too long")
        case Unfinished.STATES:
            return _rejected(file, proof, "there are more states than it says")
        case _:
            pass
    digest = value_digest(ordered(found.states))
    if (len(found.states), found.diameter, digest) != (stored.count, stored.diameter, stored.digest):
        return _rejected(file, proof, "there are other states than it says")
    match ReachableSetJudge(model.system, found, seconds=seconds).opinion(proof.property):
        case Shown():
            return Rechecked(file, Standing.SHOWN, proof, what, ("reference semantics", "Z3"))
        case NotJudged(reason):
            return Rechecked(file, Standing.UNDECIDED, proof, what, reason=reason)
        case Refuted(reason):
            return _rejected(file, proof, reason)


def _searched_again(file: str, proof: StoredProof, judges: Judges, stored: StoredSearch) -> Rechecked:
    """Return what becomes of states that were searched: they are searched again."""
    from pluscheck.certify.opinions import NotJudged, Refuted, Shown

    what = f"all {stored.count:,} reachable states"
    if stored.permuted:
        what += f" up to permutations of {', '.join(stored.permuted)}"
    match judges.of_search(stored).opinion(proof.property):
        case Shown(by):
            return Rechecked(file, Standing.SHOWN, proof, what, by)
        case NotJudged(reason):
            return Rechecked(file, Standing.UNDECIDED, proof, what, reason=reason)
        case Refuted(reason):
            return _rejected(file, proof, reason)


def _discharged(file: str, proof: StoredProof, judges: Judges, text: StoredInvariant | StoredInduction) -> Rechecked:
    """Return what becomes of an invariant: it is read in the terms of the specification, and what was read is judged."""
    from pluscheck.certify.opinions import NotJudged, Refuted, Shown

    what = what_it_is(text)
    match judges.of(file, proof.property, text).opinion(proof.property):
        case Shown(by):
            return Rechecked(file, Standing.SHOWN, proof, what, by)
        case NotJudged(reason):
            return Rechecked(file, Standing.UNDECIDED, proof, what, reason=reason)
        case Refuted(reason):
            return _rejected(file, proof, reason)
