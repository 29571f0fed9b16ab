"""What an engine proves is said in the specification's language, read again, judged, kept, and accepted once more from the file alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pluscheck.evidence.verdict import Proved
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models
from pluscheck.pipeline.checking import checked
from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.pipeline.rechecking import Rechecker, Standing
from pluscheck.pipeline.stored import stored_proof
from pluscheck.proofs.document import StoredDepth
from pluscheck.proofs.files import write_proof

CORPUS = Path(__file__).parents[1] / "corpus"


@pytest.mark.parametrize("name", ["Peterson", "Handoff", "ReadersWriters"])
def test_a_proof_found_is_a_proof_that_can_be_read(name, tmp_path):
    pytest.importorskip("dd.cudd")
    path = CORPUS / f"{name}.plus"
    elaborated = elaborate(path)
    model = lower(elaborated, models(elaborated)[0])
    found = checked(str(path), model, Options(engine="bdd"), Unwatched(), elaborated)
    proved = [name for name, judged in found.judged.items() if isinstance(judged.verdict, Proved)]
    assert len(proved) >= 3
    for expectation in model.expectations:
        kept = stored_proof(elaborated, model, expectation, found.judged[expectation.property], tmp_path)
        assert kept is not None
        file, proof = kept
        assert not isinstance(proof.evidence, StoredDepth)
        write_proof(file, proof)
        again = Rechecker(spec=None, seconds=60).rechecked(file)
        assert (again.standing, again.proof) == (Standing.SHOWN, proof)
