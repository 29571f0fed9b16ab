"""What binds a stored proof to the system that it is of."""

from __future__ import annotations

from dataclasses import replace

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core.digest import system_digest
from pluscheck.core.system import DEADLOCK, FAULTS, Model, PropertyKind, TransitionSystem
from pluscheck.proofs.document import (
    Claim,
    StoredDepth,
    StoredInduction,
    StoredInvariant,
    StoredProof,
    StoredSearch,
    StoredStates,
    StoredTrace,
    properties_of,
)
from pluscheck.proofs.json_text import refused


def kind_of(system: TransitionSystem, name: str) -> str | None:
    """Return what kind of property the system has by this name, the implicit ones included; None if it has none."""
    if name in (DEADLOCK, FAULTS):
        return name
    return next((claim.kind.value for claim in system.properties if claim.name == name), None)


def bound_to(proof: StoredProof, system: TransitionSystem) -> StoredProof:
    """Return the proof with the digest of the system that it is of."""
    return replace(proof, system=system_digest(system, properties_of(proof)))


def check_binding(proof: StoredProof, model: Model) -> None:
    """Raise SpecError (PC806, PC807) unless the proof is of this model as it is now, and its evidence of the kind that its claim needs.

    What the evidence shows is left to `certify`.
    """
    system, name = model.system, proof.property
    kind = kind_of(system, name)
    if (proof.spec.module, proof.model) != (system.name, system.model):
        raise _other(proof, f"it is of {proof.spec.module}, model {proof.model}")
    if kind is None or kind != proof.kind:
        raise _other(
            proof,
            f"there is no {proof.kind[:40]} called `{name[:80]}`"
            if kind is None
            else f"`{name}` is of another kind: {kind}",
        )
    unknown = [other for other in properties_of(proof) if kind_of(system, other) is None]
    if unknown:
        raise _other(proof, f"there is no property `{unknown[0][:80]}`")
    expectation = next((e for e in model.expectations if e.property == name), None)
    if expectation is not None and (expectation.expected, expectation.depth) != (proof.expected, proof.expected_depth):
        raise _other(proof, f"the model expects something else of `{name}` now: {expectation.expected.value}")
    if system_digest(system, properties_of(proof)) != proof.system:
        raise _other(
            proof, f"what {system.name}, model {system.model}, means for `{name}` has changed since it was found"
        )
    is_witness = kind == PropertyKind.WITNESS
    match proof.claim, proof.evidence:
        case Claim.PROVED, StoredInvariant() | StoredInduction() | StoredStates() | StoredSearch():
            return
        case (Claim.VIOLATED, StoredTrace()) if not is_witness:
            return
        case (Claim.REACHED, StoredTrace()) if is_witness:
            return
        case Claim.BOUNDED, StoredDepth():
            return
        case _:
            raise refused(
                Code.PROOF_REJECTED,
                f"that the {kind} `{name}` is {proof.claim.value} is not shown by evidence of this kind",
                proof.span,
                "this proof",
            )


def _other(proof: StoredProof, message: str) -> SpecError:
    return refused(
        Code.PROOF_OF_ANOTHER,
        f"this proof is of something else: {message}",
        proof.span,
        "this proof",
        remedy="`pluscheck gate --update` finds a new one",
    )
