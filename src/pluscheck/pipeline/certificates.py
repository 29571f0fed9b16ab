"""Certificates between the engines, which find formulas, the files that keep them as text, and the judge, who is given what the text says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import InternalError, SpecError
from pluscheck.base.source import Source
from pluscheck.core.digest import system_digest
from pluscheck.core.system import FAULTS, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, KInduction
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lower.predicates import NotExpressibleError, PredicateWriter, lowered_predicates
from pluscheck.proofs.document import Clause, StoredInduction, StoredInvariant

MAX_TEXT = 2 * 1024 * 1024
"""How many characters the conjuncts of one certificate may have in all: reading them takes some hundred times their memory."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A certificate as text, and what the text says: formulas over `system`, the model's with the operators that they mention."""

    text: StoredInvariant | StoredInduction
    system: TransitionSystem
    certificate: InductiveInvariant | KInduction


def readable(
    elaborated: Elaborated, system: TransitionSystem, certificate: InductiveInvariant | KInduction
) -> Readable:
    """Return what an engine has found in the words of the specification, and what these words say. Raises NotExpressibleError."""
    invariant = _invariant(certificate)
    writer = PredicateWriter(elaborated, system)
    conjuncts = tuple(Clause(writer.text(conjunct)) for conjunct in invariant.conjuncts)
    stored = StoredInvariant(conjuncts, invariant.properties)
    text: StoredInvariant | StoredInduction
    match certificate:
        case InductiveInvariant():
            name, text = FAULTS, stored
        case KInduction(k, name):
            text = StoredInduction(k, stored)
        case _:
            assert_never(certificate)
    try:
        return read_back(elaborated, system, text, name, "certificate")
    except SpecError as error:  # a type that nothing tells, or too deep
        raise NotExpressibleError(f"what it says cannot be read back: {error}") from None


def read_back(
    elaborated: Elaborated,
    system: TransitionSystem,
    text: StoredInvariant | StoredInduction,
    name: str,
    file: str,
) -> Readable:
    """Return what a certificate's text says, for the property of this name; `file` is where diagnostics place it.

    Raises SpecError where the text is no formulas of the specification.
    """
    stored = text.invariant if isinstance(text, StoredInduction) else text
    if sum(len(clause.text) for clause in stored.conjuncts) > MAX_TEXT:
        first = stored.conjuncts[0].span
        raise SpecError(
            [
                Diagnostic(
                    Code.PROOF_TOO_LARGE,
                    f"more than {MAX_TEXT:,} characters of conjuncts",
                    Label(first, "from here on"),
                )
            ]
        )
    sources = [Source(f"{file}, conjunct {n}", clause.text) for n, clause in enumerate(stored.conjuncts, 1)]
    found = lowered_predicates(elaborated, system.model, sources)
    if system_digest(found.system, [FAULTS]) != system_digest(system, [FAULTS]):
        raise InternalError(f"reading a certificate has changed the system {system.name}, model {system.model}")
    invariant = InductiveInvariant(found.formulas, stored.properties)
    match text:
        case StoredInvariant():
            return Readable(text, found.system, invariant)
        case StoredInduction(k):
            return Readable(text, found.system, KInduction(k, name, invariant))
        case _:
            assert_never(text)


def _invariant(certificate: InductiveInvariant | KInduction) -> InductiveInvariant:
    """Return the inductive invariant that the certificate has, or is."""
    return certificate.invariant if isinstance(certificate, KInduction) else certificate


def invariant_of(number: int) -> str:
    """Return in words what an inductive invariant of so many conjuncts is."""
    return (
        f"an inductive invariant of {number} conjunct{'' if number == 1 else 's'}" if number else "the invariant TRUE"
    )


def what_it_is(text: StoredInvariant | StoredInduction) -> str:
    """Return in words what a certificate is."""
    match text:
        case StoredInvariant(conjuncts, properties):
            return invariant_of(len(conjuncts) + len(properties))
        case StoredInduction(k, invariant):
            is_alone = not (invariant.conjuncts or invariant.properties)
            return f"{k}-induction" if is_alone else f"{k}-induction under {what_it_is(invariant)}"
        case _:
            assert_never(text)
