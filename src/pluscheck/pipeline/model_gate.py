"""One model at the gate: how the evidence that is stored for each of its properties stands, and what is found of those for which none does."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.load import load
from pluscheck.core.digest import system_digest
from pluscheck.core.sites import fault_sites
from pluscheck.core.system import FAULTS, Expectation, Model
from pluscheck.evidence.verdict import Bounded, Verdict
from pluscheck.lang.elaborated import Elaborated
from pluscheck.pipeline.cache import Cache, Statement, digest_of
from pluscheck.pipeline.checking import checked, kind_and_place
from pluscheck.pipeline.engines import IN_TURN
from pluscheck.pipeline.evidence import Judged
from pluscheck.pipeline.expectations import compared, wanted_depth
from pluscheck.pipeline.options import Options, Watcher
from pluscheck.pipeline.reading import Spec
from pluscheck.pipeline.rechecking import Judges, Standing, stands
from pluscheck.pipeline.stored import stored_proof
from pluscheck.proofs.binding import check_binding
from pluscheck.proofs.document import Claim, StoredDepth, StoredProof, StoredTrace, properties_of
from pluscheck.proofs.files import MAX_BYTES, proof_in, proof_path, read_proof, write_proof
from pluscheck.report.model import Answer, ModelReport, Outcome, PropertyReport, Stored, place_of

SEARCHED = ("the bounded checker",)
"""Who says that nothing is found to some depth."""

JUDGE_SECONDS = 60.0
"""How long the judge may think about one stored proof."""


@dataclass(frozen=True, slots=True)
class GateOptions:
    """Where the evidence is, whether to write it, the cache if there is one, and how to look for what is missing."""

    proofs: Path
    update: bool
    cache: Cache | None
    options: Options
    whole: bool = True
    """Whether everything below `proofs` is about the specs at hand: what is of none of them is then an orphan."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What came of one stored proof: how it stands, and, if it was accepted, what it claims and what that rests on."""

    stored: Stored
    why: str = ""
    proof: StoredProof | None = None
    what: str = ""
    by: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class ModelGate:
    """One model at the gate. `changes` is told what was written."""

    spec: Spec
    elaborated: Elaborated
    model: Model
    judges: Judges
    options: GateOptions
    watcher: Watcher
    changes: list[str]
    bounds: dict[str, Verdict] | None = None
    """What was found of the properties of which a bound is stored, once that was searched for."""
    read: dict[Path, str] = field(default_factory=dict)
    """The digests of the proofs that were read."""
    from_stored: ModelReport | None = None
    """How the model fares, in the words of who remembers it, once that was found out and stored evidence was enough for it."""

    def report(self) -> ModelReport:
        """Return how the model fares: what is stored is checked first, and only for the rest anything is looked for. Raises SpecError."""
        started = time.monotonic()
        system = self.model.system
        self.watcher.model_started(self.spec.file, system.model, None)
        kept = {e.property: self._kept(e) for e in self.model.expectations}
        rows = {e.property: self._row(e, kept[e.property]) for e in self.model.expectations}
        todo = tuple(e for e in self.model.expectations if rows[e.property] is None)
        if todo and self.options.update:
            # What one property's proof says depends on what else is proved: where one is to be written, all are found together, so that what is written is always the same.
            todo = self.model.expectations
        base: ModelReport | None = None
        judged: dict[str, Judged] = {}
        if todo:
            options = replace(self.options.options, engine=IN_TURN, only=())
            found = checked(
                self.spec.file,
                replace(self.model, expectations=todo),
                options,
                self.watcher,
                self.elaborated,
                faults_known=FAULTS in kept,
            )
            base, judged = found.report, dict(found.judged)
            unasked = [p for p in base.properties if p.name not in kept]
            for row in base.properties:
                if row.name not in kept:
                    rows[row.name] = row
                elif rows[row.name] is None or (row.outcome is Outcome.MET and not unasked):
                    rows[row.name] = self._renewed(
                        row, rows[row.name], kept[row.name], judged.get(row.name), write=not unasked
                    )
        properties = tuple(row for row in rows.values() if row is not None)
        seconds = time.monotonic() - started
        if base is not None:
            return replace(base, properties=properties, seconds=seconds, never_taken=None, tried=())
        report = self._report(properties, seconds)
        before = {e.property: replace(kept[e.property], stored=Stored.REMEMBERED) for e in self.model.expectations}
        self.from_stored = replace(
            report, seconds=0.0, properties=tuple([self._met(e, before[e.property]) for e in self.model.expectations])
        )
        return report

    def _report(self, properties: tuple[PropertyReport, ...], seconds: float) -> ModelReport:
        """Return the report of a model for which nothing had to be looked for."""
        system = self.model.system
        return ModelReport(
            name=system.model,
            place=place_of(system.span),
            engine="stored",
            depth=None,
            reached=-1,
            complete=False,
            scope=tuple((sort, len(elements)) for sort, elements in sorted(system.scope.items())),
            properties=properties,
            taken=(),
            never_taken=None,
            fault_sites=len(fault_sites(system)),
            states=None,
            transitions=None,
            diameter=None,
            seconds=seconds,
            solver_seconds=0.0,
        )

    # ------------------------------------------------------------------------------------ what is stored

    def _path(self, name: str) -> Path:
        return proof_path(self.options.proofs, self.model.system.name, self.model.system.model, name)

    def _kept(self, expectation: Expectation) -> _Kept:
        """Return what came of the stored evidence for a property."""
        path = self._path(expectation.property)
        try:
            text = load(path, most=MAX_BYTES)
            self.read[path] = digest_of(text.text.encode())
            proof = proof_in(text)
            check_binding(proof, self.model)
        except SpecError as error:
            return _unfit(error)
        if proof.property != expectation.property:
            return _Kept(Stored.REJECTED, f"{path.as_posix()} is about {proof.property[:80]}")
        return self._stands(path, proof, self.read[path])

    def _stands(self, path: Path, proof: StoredProof, digest: str) -> _Kept:
        """Return whether a proof of the model as it is now shows what it claims."""
        system = self.model.system
        of = system_digest(system, properties_of(proof))
        cache = None if isinstance(proof.evidence, StoredTrace) else self.options.cache  # a trace is soon replayed
        known = None if cache is None else cache.statement(digest, of)
        if known is not None:
            return _Kept(Stored.REMEMBERED, proof=proof, what=known.what, by=known.by)
        if isinstance(proof.evidence, StoredDepth):
            what, by = self._searched(proof, proof.evidence.depth)
        else:
            found = stands(path.as_posix(), proof, self.judges)
            match found.standing:
                case Standing.SHOWN:
                    what, by = found.what or "", found.by
                case Standing.REJECTED | Standing.SPEC:
                    why = found.diagnostics[0].message if found.diagnostics else found.reason or ""
                    return _Kept(Stored.REJECTED, why, diagnostics=found.diagnostics)
                case Standing.UNDECIDED:
                    return _Kept(Stored.STALE, found.reason or "it was not decided in time")
                case _:
                    assert_never(found.standing)
        if not by:
            return _Kept(Stored.STALE, what)
        if cache is not None:
            cache.keep(Statement(digest, of, what, by))
        return _Kept(Stored.CHECKED, proof=proof, what=what, by=by)

    def _searched(self, proof: StoredProof, depth: int) -> tuple[str, tuple[str, ...]]:
        """Return what a search to the depth of a stored bound says, and who says it; nobody if it does not find the same."""
        if self.bounds is None:
            self.bounds = self._search()
        verdict = self.bounds[proof.property]
        if isinstance(verdict, Bounded) and verdict.depth >= depth:
            return "searched again", SEARCHED
        return "a search to this depth finds something else", ()

    def _search(self) -> dict[str, Verdict]:
        """Return what a search finds of all properties of which a bound is stored, to the deepest of the bounds."""
        depths: dict[str, int] = {}
        for expectation in self.model.expectations:
            with contextlib.suppress(SpecError):
                proof = read_proof(self._path(expectation.property))
                if isinstance(proof.evidence, StoredDepth):
                    depths[expectation.property] = proof.evidence.depth
        # A stored number is nobody's reason to search for ever: no deeper than the model asks for.
        own = wanted_depth(self.model.expectations, self.model.depth)
        options = replace(self.options.options, engine="bmc", depth=min(own, max(depths.values())), only=())
        model = replace(self.model, expectations=tuple(e for e in self.model.expectations if e.property in depths))
        found = checked(self.spec.file, model, options, self.watcher, self.elaborated, faults_known=True).judged
        return {name: judged.verdict for name, judged in found.items()}

    def _row(self, expectation: Expectation, kept: _Kept) -> PropertyReport | None:
        """Return the verdict that stored evidence gives; None if there is none, or if it is not what is expected."""
        proof = kept.proof
        if proof is None:
            return None
        own = wanted_depth(self.model.expectations, self.model.depth)
        outcome = _compared(proof, expectation, own)
        return self._met(expectation, kept) if outcome is Outcome.MET else None

    def _met(self, expectation: Expectation, kept: _Kept) -> PropertyReport:
        """Return the verdict of stored evidence that is as expected."""
        proof = kept.proof
        assert proof is not None
        answer, steps = _answer(proof)
        kind, place = kind_and_place(self.model.system, expectation.property)
        return PropertyReport(
            name=expectation.property,
            kind=kind,
            place=place,
            expected=expectation.expected,
            expected_depth=expectation.depth,
            answer=answer,
            steps=steps,
            reason=None,
            judged=f"{kept.what}, judged {'anew' if kept.stored is Stored.CHECKED else 'before'} by {' and '.join(kept.by)}",
            outcome=Outcome.MET,
            why=None,
            stored=kept.stored,
        )

    # --------------------------------------------------------------------------------------- what is new

    def _renewed(
        self, row: PropertyReport, met: PropertyReport | None, kept: _Kept, judged: Judged | None, *, write: bool
    ) -> PropertyReport:
        """Return the row of what was looked for, as it compares with what is stored; write it, if that is asked for. `met` is that of what is stored, if it is as expected."""
        stored = Stored.STALE if kept.stored in (Stored.CHECKED, Stored.REMEMBERED) else kept.stored
        if row.outcome is not Outcome.MET or judged is None:
            return replace(row, stored=stored)
        expectation = next(e for e in self.model.expectations if e.property == row.name)
        if self.options.update and write:
            made = stored_proof(self.elaborated, self.model, expectation, judged, self.options.proofs)
            if made is not None:
                path, proof = made
                if met is not None and kept.proof is not None and proof.evidence == kept.proof.evidence:
                    return met
                existed = path.exists()
                is_new = write_proof(path, proof)
                if is_new:
                    self.changes.append(f"{'rewrote' if existed else 'wrote'} {path.as_posix()}: {_claimed(proof)}")
                self._remember(path, proof, judged)
                return replace(row, stored=Stored.WRITTEN if is_new else kept.stored)
        why = {
            Stored.MISSING: "nothing is stored for it: `pluscheck gate --update` writes it",
            Stored.STALE: f"what is stored is out of date: {kept.why or 'it shows less'}",
            Stored.REJECTED: f"what is stored does not show it: {kept.why}",
        }[stored]
        return replace(row, outcome=Outcome.DRIFT, why=why, stored=stored)

    def _remember(self, path: Path, proof: StoredProof, judged: Judged) -> None:
        """Let the cache know of what was judged just now."""
        by = SEARCHED if isinstance(proof.evidence, StoredDepth) else judged.by
        if self.options.cache is not None and by and not isinstance(proof.evidence, StoredTrace):
            of = system_digest(self.model.system, properties_of(proof))
            what = (judged.on or "searched").partition(", judged by")[0]
            self.options.cache.keep(Statement(digest_of(path.read_bytes()), of, what, by))


def _unfit(error: SpecError) -> _Kept:
    """Return what an error says of stored evidence: that it is of something else now, or that it is none."""
    first = error.diagnostics[0]
    if first.code is Code.NO_SUCH_FILE:
        return _Kept(Stored.MISSING, "nothing is stored for it")
    if first.code is Code.PROOF_OF_ANOTHER:
        return _Kept(Stored.STALE, first.message, diagnostics=error.diagnostics)
    return _Kept(Stored.REJECTED, first.message, diagnostics=error.diagnostics)


def _compared(proof: StoredProof, expectation: Expectation, own: int) -> Outcome:
    """Return how what a proof claims compares with what is expected."""
    match proof.claim:
        case Claim.PROVED:
            return Outcome.MET if _wants_none(expectation) else Outcome.ABSENT
        case Claim.VIOLATED | Claim.REACHED:
            return Outcome.VIOLATED if _wants_none(expectation) else Outcome.MET
        case Claim.BOUNDED:
            depth = proof.evidence.depth if isinstance(proof.evidence, StoredDepth) else -1
            return compared(Bounded(depth), expectation, own, own)[0]
        case _:
            assert_never(proof.claim)


def _wants_none(expectation: Expectation) -> bool:
    """Return whether it is expected that nothing is found."""
    return expectation.expected not in ("violated", "reachable")


def _answer(proof: StoredProof) -> tuple[Answer, int | None]:
    """Return a stored claim as a report has it, with its steps."""
    evidence = proof.evidence
    steps = len(evidence.steps) if isinstance(evidence, StoredTrace) else None
    match proof.claim:
        case Claim.PROVED:
            return Answer.PROVED, None
        case Claim.VIOLATED:
            return Answer.VIOLATED, steps
        case Claim.REACHED:
            return Answer.REACHED, steps
        case Claim.BOUNDED:
            return Answer.BOUNDED, evidence.depth if isinstance(evidence, StoredDepth) else None
        case _:
            assert_never(proof.claim)


def _claimed(proof: StoredProof) -> str:
    """Return what a proof claims, in short."""
    answer, steps = _answer(proof)
    return str(answer) if steps is None else f"{answer}, {steps} steps"
