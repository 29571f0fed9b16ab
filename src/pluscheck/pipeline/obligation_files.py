"""What a stored proof must satisfy, as scripts that any solver answers, and nobody need believe."""

from __future__ import annotations

from pathlib import Path

from pluscheck.certify.formulas import OutgrownError
from pluscheck.certify.obligations import obligations_of
from pluscheck.core.evaluator import deep_recursion
from pluscheck.pipeline.certificates import read_back
from pluscheck.pipeline.options import UsageError
from pluscheck.pipeline.rechecking import of_model
from pluscheck.proofs.binding import check_binding
from pluscheck.proofs.document import StoredInduction, StoredInvariant
from pluscheck.proofs.files import SUFFIX, read_proof


def obligation_files(path: Path) -> tuple[tuple[str, bytes], ...]:
    """Return a script for each obligation of a stored invariant, by the name of a file. Raises SpecError and UsageError."""
    if not path.is_file() or path.suffix != SUFFIX:
        raise UsageError(
            f"obligations are those of a stored proof, such as proofs/Spec/model/Property{SUFFIX}; {path} is none"
        )
    proof = read_proof(path)
    elaborated, model = of_model(path, proof, None)
    check_binding(proof, model)
    match proof.evidence:
        case (StoredInvariant() | StoredInduction()) as text:
            found = read_back(elaborated, model.system, text, proof.property, path.as_posix())
        case _:
            raise UsageError(f"{path} rests on no invariant: there is nothing for a solver to show")
    try:
        with deep_recursion(model.system.span):
            made, obligations = obligations_of(found.system, found.certificate, proof.property)
            scripts = [made.script(obligation) for obligation in obligations]
    except OutgrownError as error:
        raise UsageError(f"{path}: {error}") from None
    start = f"{model.system.name}.{proof.model}.{proof.property}"
    return tuple(
        (f"{start}.{number}-{obligation.name.replace(' ', '-')}.smt2", script.encode())
        for number, (obligation, script) in enumerate(zip(obligations, scripts, strict=True), 1)
    )
