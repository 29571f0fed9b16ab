"""A run to be shown on its own: one that is stored, or one that is looked for now; replayed before anything is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pluscheck.base.codes import Code
from pluscheck.base.errors import InternalError
from pluscheck.certify.replay import Replay
from pluscheck.core.digest import system_digest
from pluscheck.core.system import DEADLOCK, FAULTS, Expectation, Expected, Model, PropertyKind, TransitionSystem
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Reached, Violated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models
from pluscheck.pipeline.checking import checked, kind_and_place
from pluscheck.pipeline.evidence import Judge, Judged, RejectedError
from pluscheck.pipeline.options import Options, UsageError, Watcher
from pluscheck.pipeline.rechecking import of_model
from pluscheck.pipeline.story import About, story
from pluscheck.proofs.binding import check_binding
from pluscheck.proofs.document import StoredTrace
from pluscheck.proofs.files import read_proof
from pluscheck.proofs.json_text import refused
from pluscheck.proofs.traces import traces_in
from pluscheck.report.formats.itf import itf_text
from pluscheck.report.formats.trace_json import trace_json
from pluscheck.report.model import Answer, Kind, TraceReport
from pluscheck.report.story import Story

STORED = "an earlier run"
"""Who has found a trace that is stored: its file does not say, and would not be believed."""


@dataclass(frozen=True, slots=True)
class Told:
    """A run that was replayed, of this system, with its story, and as a report has it."""

    system: TransitionSystem
    run: Replay
    story: Story
    trace: TraceReport


@dataclass(frozen=True, slots=True)
class NoRun:
    """There is no run to show: what was found of the property in its place, and in how many steps, if in so many."""

    property: str
    kind: Kind
    answer: Answer
    steps: int | None
    reason: str | None


def told(file: str, system: TransitionSystem, name: str, judged: Judged, engine: str) -> Told | None:
    """Return what there is to tell of a verdict that the judge has accepted; None if it has no run. `file` is the specification's."""
    if judged.run is None or judged.trace is None:
        return None
    kind, _ = kind_and_place(system, name)
    answer = Answer.REACHED if kind is Kind.WITNESS else Answer.VIOLATED
    digest = system_digest(system, [name]).rpartition(":")[2]
    about = About(file, kind, answer, judged.on, engine, digest)
    return Told(system, judged.run, story(system, judged.run, about), judged.trace)


def attachments(one: Told) -> dict[str, tuple[str, str]]:
    """Return what a reader of the page can save: by what a button says, a file's name and its text."""
    name = one.story.property
    return {
        "ITF": (f"{name}.itf.json", itf_text(one.story, one.system.variables, one.run.states)),
        "JSON": (f"{name}.trace.json", trace_json(one.story)),
    }


# ------------------------------------------------------------------------------------------------ stored


def stored_run(path: Path, spec: Path | None) -> Told:
    """Return the run that a stored proof has; `spec` is its specification's file, if that is not where the proof says.

    Raises:
        SpecError: it is no stored proof, is of something else, or does not show what it claims.
        WrongSpecificationError: its specification is wrong by now.
        UsageError: it is a proof of another kind.
    """
    proof = read_proof(path)
    if not isinstance(proof.evidence, StoredTrace):
        raise UsageError(f"{path} has no trace: that {proof.property} is {proof.claim} is shown by other evidence")
    elaborated, model = of_model(path, proof, spec)
    check_binding(proof, model)
    system = model.system
    reason = "the part that faults is not told"
    for trace in traces_in(system, proof.evidence):
        try:
            judged = Judge(system, 0).judged(proof.property, _verdict(system, proof.property, trace))
        except RejectedError as rejected:
            reason = str(rejected)
            continue
        found = told(elaborated.root.span.source.name, system, proof.property, judged, STORED)
        if found is None:
            raise InternalError("a trace was accepted that is none")
        return found
    raise refused(Code.PROOF_REJECTED, f"the evidence does not show it: {reason}", proof.span, "this proof")


def _verdict(system: TransitionSystem, name: str, trace: Trace) -> Violated | Reached:
    kind, _ = kind_and_place(system, name)
    return Reached(trace) if kind is Kind.WITNESS else Violated(trace)


# ------------------------------------------------------------------------------------------------ looked for


def found_run(path: Path, model_name: str | None, name: str | None, options: Options, watcher: Watcher) -> Told | NoRun:
    """Return the run that violates a property of a model, or reaches a witness, looked for now; or what was found in its place.

    Raises:
        SpecError: the specification is wrong.
        UsageError: there is no such model or property, or there are several and it is not said which.
        RejectedError: what an engine has found does not stand up to the judge.
    """
    elaborated = elaborate(path)
    model = lower(elaborated, the_one_meant("model", model_name, models(elaborated)))
    wanted = _expectation(model, name)
    file = path.as_posix()
    watcher.spec_started(file, (wanted.property,))
    result = checked(file, Model(model.system, (wanted,), model.depth), options, watcher, elaborated)
    row = next(row for row in result.report.properties if row.name == wanted.property)
    if row.answer is Answer.REJECTED:
        raise RejectedError(row.reason or "")
    judged = result.judged[wanted.property]
    found = told(file, model.system, wanted.property, judged, row.engine or result.report.engine)
    return NoRun(row.name, row.kind, row.answer, row.steps, row.reason) if found is None else found


def _expectation(model: Model, name: str | None) -> Expectation:
    """Return what the model expects of the property asked for, or, if it expects nothing of it, what it would by default."""
    system = model.system
    names = (*(p.name for p in system.properties), DEADLOCK, FAULTS)
    if name is None:
        # With a single violation or witness that is expected there is only one run that can be meant.
        meant = tuple(e.property for e in model.expectations if e.expected is Expected.VIOLATED)
        chosen = meant[0] if len(meant) == 1 else the_one_meant("property", None, names)
    else:
        chosen = the_one_meant("property", name, names)
    expected = next((e for e in model.expectations if e.property == chosen), None)
    if expected is not None:
        return expected
    is_witness = any(p.kind is PropertyKind.WITNESS and p.name == chosen for p in system.properties)
    return Expectation(chosen, Expected.REACHABLE if is_witness else Expected.HOLDS, explicit=False)


def the_one_meant(what: str, name: str | None, names: tuple[str, ...]) -> str:
    """Return the one of these names that is meant. Raises UsageError."""
    if name is None:
        if len(names) == 1:
            return names[0]
        raise UsageError(f"say which {what} is meant: --{what}, with one of {', '.join(names)}")
    if name in names:
        return name
    if not names:
        raise UsageError(f"there is no {what} '{name}', nor any other")
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(names)}"
    raise UsageError(f"there is no {what} '{name}': {hint}")
