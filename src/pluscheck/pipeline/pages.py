"""The pages of a run: one for each verdict that there is something to show of, and one that leads to them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pluscheck.base.source import NOWHERE
from pluscheck.base.writing import write_whole
from pluscheck.certify.necessity import Necessity
from pluscheck.core.digest import system_digest
from pluscheck.core.system import Constant, Model, TransitionSystem
from pluscheck.core.values import Function, Value, show
from pluscheck.evidence.verdict import InductiveInvariant, Proved, SearchedStates
from pluscheck.pipeline.clauses import clause_views
from pluscheck.pipeline.comments import comment_above
from pluscheck.pipeline.evidence import Judged
from pluscheck.pipeline.trace_files import attachments, told
from pluscheck.proofs.document import StoredInduction
from pluscheck.proofs.files import proof_path
from pluscheck.report.html.page import ClauseView, ProofView, index_page, proof_page, trace_page
from pluscheck.report.model import Kind, ModelReport, PropertyReport, Report
from pluscheck.report.short_files import short_files

INDEX = "index.html"

CLAUSE_SECONDS = 20.0
"""How long it may take to find what one conjunct of an invariant is for; mostly it is a fraction of one."""


@dataclass(slots=True)
class Pages:
    """Writes the pages of one run over the specifications `files` into `folder`, each as soon as its verdict is known. Raises OSError."""

    folder: Path
    files: tuple[str, ...]
    _links: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _off: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _necessities: dict[int, Necessity] = field(default_factory=dict)
    """Of each invariant, by its identity, what its conjuncts are for; several properties may rest on one."""
    _kept: list[InductiveInvariant] = field(default_factory=list)
    """So that no identity is used again."""

    def model(self, file: str, model: Model, report: ModelReport, judged: dict[str, Judged]) -> None:
        """Write the pages of one model."""
        system = model.system
        self._off[file, system.model] = tuple(_switched_off(system))
        for row in report.properties:
            found = judged.get(row.name)
            if found is None:
                continue
            text = self._page(file, system, report, row, found)
            if text is not None:
                path = proof_path(self.folder, self._folder_of(file, system.name), system.model, row.name).with_suffix(
                    ".html"
                )
                write_whole(path, text.encode())
                self._links[file, system.model, row.name] = Path(os.path.relpath(path, self.folder)).as_posix()

    def run(self, report: Report) -> None:
        """Write the page of the whole run."""
        write_whole(self.folder / INDEX, index_page(report, self._off, self._links).encode())

    def _folder_of(self, file: str, module: str) -> str:
        """Return the folder of a specification's pages: its module's name, or the file's where another's is called so too, which does not hang on their order."""
        names = [PurePosixPath(other).stem.casefold() for other in self.files]
        return module if names.count(module.casefold()) < 2 else short_files(self.files)[file]

    def _page(
        self, file: str, system: TransitionSystem, report: ModelReport, row: PropertyReport, judged: Judged
    ) -> str | None:
        engine = row.engine or report.engine
        run = told(file, system, row.name, judged, engine)
        if run is not None:
            return trace_page(run.story, attachments(run))
        if isinstance(judged.verdict, Proved):
            digest = system_digest(system, [row.name]).rpartition(":")[2]
            return proof_page(_proof(file, system, row, judged, engine, digest, self._clauses(row.name, judged)))
        return None

    def _clauses(self, name: str, judged: Judged) -> tuple[ClauseView, ...]:
        """Return the conjuncts of the invariant that a proof rests on, each with what it is for."""
        invariant = judged.text.invariant if isinstance(judged.text, StoredInduction) else judged.text
        if invariant is None:
            return ()
        texts = [clause.text for clause in invariant.conjuncts]
        verdict, system = judged.verdict, judged.system
        if not isinstance(verdict, Proved) or not isinstance(verdict.certificate, InductiveInvariant) or system is None:
            return tuple(
                ClauseView(number, text, None, ()) for number, text in enumerate(texts, len(invariant.properties) + 1)
            )
        certificate = verdict.certificate
        necessity = self._necessities.get(id(certificate))
        if necessity is None:
            self._kept.append(certificate)
            necessity = self._necessities[id(certificate)] = Necessity(system, certificate, seconds=CLAUSE_SECONDS)
        found = [necessity.of(number, name) for number in range(len(texts))]
        return clause_views(system, certificate, texts, found, name)


def _proof(
    file: str,
    system: TransitionSystem,
    row: PropertyReport,
    judged: Judged,
    engine: str,
    digest: str,
    clauses: tuple[ClauseView, ...],
) -> ProofView:
    text = judged.text
    invariant = text.invariant if isinstance(text, StoredInduction) else text
    claim = next((p for p in system.properties if p.name == row.name), None)
    formula = "" if claim is None or claim.formula.span == NOWHERE else claim.formula.span.text
    return ProofView(
        module=system.name,
        file=short_files([file])[file],
        model=system.model,
        property=row.name,
        claim=_claim(row),
        says="" if claim is None else comment_above(claim.span),
        formula=formula,
        engine=engine,
        judged=row.judged or "",
        digest=digest,
        scope=tuple((sort, len(atoms)) for sort, atoms in sorted(system.scope.items())),
        switches=tuple((name, show(value)) for c in system.constants if c.is_switch for name, value in _named_bits(c)),
        obligations=_obligations(judged, row.kind),
        clauses=clauses,
        with_properties=() if invariant is None else invariant.properties,
    )


def _claim(row: PropertyReport) -> str:
    match row.kind:
        case Kind.DEADLOCK:
            return "No state that can be reached, in runs of any length, is a deadlock."
        case Kind.FAULTS:
            return "Nothing that is evaluated, in runs of any length, is undefined."
        case Kind.WITNESS:
            return f"{row.name} is unreachable: it is false in every state of runs of any length."
        case _:
            return f"{row.name} holds in runs of any length."


def _obligations(judged: Judged, kind: Kind) -> tuple[tuple[str, str], ...]:
    """Return what had to be shown."""
    text = judged.text
    certificate = judged.verdict.certificate if isinstance(judged.verdict, Proved) else None
    wrong = "makes the witness true" if kind is Kind.WITNESS else "violates the property"
    if isinstance(certificate, SearchedStates) and certificate.permuted:
        of = " and ".join(certificate.permuted)
        return (
            (
                "All states were found, up to permutations.",
                f"Every initial state, and every state that a step leads to, is one of them once the elements of {of} are permuted: no formula tells these apart.",
            ),
            ("Safety.", f"None of them {wrong}, and so no permutation of one."),
        )
    if text is None:
        return (
            (
                "All states were found.",
                "Every initial state is among them, and so is every state that a step leads to.",
            ),
            ("Safety.", f"None of them {wrong}."),
        )
    invariant = text.invariant if isinstance(text, StoredInduction) else text
    is_empty = not (invariant.conjuncts or invariant.properties)
    inductive = () if is_empty else _INDUCTIVE
    if isinstance(text, StoredInduction):
        steps = f"{text.k} step{'' if text.k == 1 else 's'}"
        whence, needed = (", from any state at all,", ": no invariant is needed") if is_empty else ("", "")
        return (
            *inductive,
            ("Base.", f"No shorter run from an initial state {wrong}."),
            ("Step.", f"After {steps} in a row{whence} of which none does, the next one does not either{needed}."),
        )
    if is_empty:
        return (("Safety.", f"No state at all {wrong}, whether it can be reached or not: no invariant is needed."),)
    if kind is Kind.TRANSITION:
        return (*inductive, ("Safety.", f"No step from a state that satisfies it {wrong}."))
    return (*inductive, ("Safety.", f"No state that satisfies it {wrong}."))


_INDUCTIVE = (
    ("Initiation.", "Every initial state satisfies the invariant."),
    ("Consecution.", "Every step from a state that satisfies it leads to one that does."),
)


def _switched_off(system: TransitionSystem) -> list[str]:
    """Return the names of the protections that are off, and of the constraints on orders."""
    return [name for c in system.constants if c.is_switch for name, value in _named_bits(c) if value is False]


def _named_bits(switch: Constant) -> list[tuple[str, Value]]:
    """Return the single values of a switch, each by its name; of an order, whether one part comes before another."""
    if switch.parts and isinstance(switch.value, Function):
        return [
            (" before ".join(map(show, pair)), value) for pair, value in switch.value.pairs if isinstance(pair, tuple)
        ]
    return _bits(switch.name, switch.value)


def _bits(path: str, value: Value) -> list[tuple[str, Value]]:
    """Return the single values of a switch, each with its path."""
    match value:
        case Function(pairs):
            return [bit for argument, inner in pairs for bit in _bits(f"{path}[{show(argument)}]", inner)]
        case _:
            return [(path, value)]
