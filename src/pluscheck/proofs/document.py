"""A stored proof, as the file has it: text, numbers and JSON, which mean something only together with the system that the proof is of.

`proof.schema.json` beside this file describes the same for other tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.system import Expected
from pluscheck.proofs.json_text import Json

FORMAT = "pluscheck-proof-1"
"""Named in every file; a change that a reader could trip over gets another number."""


class Claim(StrEnum):
    """What the evidence is said to show."""

    PROVED = "proved"
    VIOLATED = "violated"
    REACHED = "reached"
    BOUNDED = "bounded"


@dataclass(frozen=True, slots=True)
class SpecName:
    """The specification: its file, its module, and a digest of its text that formatting does not change.

    The file is relative to the folder of the proof's file, with `/` between folders (or `<library>/…`). What binds a proof is the digest of the
    system, not this one.
    """

    file: str
    module: str
    digest: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A conjunct of an invariant, in the specification's language; `span` is where the file has it."""

    text: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StoredInvariant:
    """An inductive invariant: the conjuncts, and those of the specification's invariants that belong to it."""

    conjuncts: tuple[Clause, ...]
    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredInduction:
    """A proof by k-induction, under an inductive invariant."""

    k: int
    invariant: StoredInvariant


@dataclass(frozen=True, slots=True)
class StoredStates:
    """All reachable states: how many there are, how many steps the farthest is away, and their digest. Whoever checks it finds them again."""

    count: int
    diameter: int
    digest: str


@dataclass(frozen=True, slots=True)
class StoredSearch:
    """All reachable states, too many to be listed: counted with the steps between them, and `sums` of their hashes. Whoever checks it searches them again.

    With `permuted` sorts they are normal forms, one or a few of all permutations of a state.
    """

    count: int
    transitions: int
    diameter: int
    sums: str
    permuted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step; `changes` (each `at`, `from`, `to`) are all that differs in the state after it."""

    action: str
    variant: int
    arguments: Json
    changes: tuple[Json, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StoredFault:
    """What is not defined where the run ends: its code, the text of the part that faults without white space, and the step that cannot be completed, if it is one."""

    code: str
    text: str
    step: StoredStep | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """A run: the value of each variable at first (None where no initial state can be had), its steps, and the fault that ends it, if one does."""

    initial: Json | None
    steps: tuple[StoredStep, ...]
    fault: StoredFault | None = None


@dataclass(frozen=True, slots=True)
class StoredDepth:
    """No evidence: a search found nothing to this depth."""

    depth: int


StoredEvidence = StoredInvariant | StoredInduction | StoredStates | StoredSearch | StoredTrace | StoredDepth


@dataclass(frozen=True, slots=True)
class StoredProof:
    """One file: what is claimed of one property of one model, and what shows it.

    `system` is the digest (`core.digest.system_digest`) of the lowered system with the property and those that the evidence mentions. `shown_by`
    says who accepted the evidence when it was written, `tools` which versions of what were used, by name; neither is believed.
    """

    spec: SpecName
    model: str
    property: str
    kind: str
    expected: Expected
    expected_depth: int | None
    system: str
    claim: Claim
    evidence: StoredEvidence
    shown_by: tuple[str, ...]
    tools: tuple[tuple[str, str], ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)


def properties_of(proof: StoredProof) -> tuple[str, ...]:
    """Return the properties that the digest of the system covers."""
    match proof.evidence:
        case StoredInvariant(_, properties) | StoredInduction(_, StoredInvariant(_, properties)):
            return (proof.property, *properties)
        case StoredStates() | StoredSearch() | StoredTrace() | StoredDepth():
            return (proof.property,)
