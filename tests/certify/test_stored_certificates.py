"""The invariants that are stored for this repository's own specifications: accepted as they are, and refused, for a reason that can be replayed, once spoiled."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from pluscheck.certify.inductive import InvariantJudge
from pluscheck.certify.opinions import Opinion, Refuted, Shown
from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.exprs import Expr, Not, Or
from pluscheck.core.semantics import Taken, initial_states, is_initial, is_state, property_named, steps
from pluscheck.core.system import PropertyKind, State, TransitionSystem
from pluscheck.core.types import values_of
from pluscheck.evidence.verdict import InductiveInvariant
from pluscheck.pipeline.certificates import read_back
from pluscheck.pipeline.rechecking import of_model
from pluscheck.proofs.document import StoredInvariant
from pluscheck.proofs.files import read_proof

PROOFS = Path(__file__).parents[2] / "proofs"


@dataclass(frozen=True, slots=True)
class Certified:
    """A model, and the invariants that are stored for it, with the properties that each is stored for."""

    system: TransitionSystem
    invariants: dict[InductiveInvariant, list[str]]


@cache
def certified(folder: str) -> Certified:
    """Return what is stored in the folder of a model."""
    found: dict[InductiveInvariant, list[str]] = {}
    system, model = None, None
    for path in sorted((PROOFS / folder).glob("*.json")):
        proof = read_proof(path)
        if isinstance(proof.evidence, StoredInvariant):
            if model is None:
                elaborated, model = of_model(path, proof, None)
            read = read_back(elaborated, model.system, proof.evidence, proof.property, path.name)
            assert isinstance(read.certificate, InductiveInvariant)
            system = read.system
            found.setdefault(read.certificate, []).append(proof.property)
    assert system is not None
    return Certified(system, found)


FOLDERS = sorted(
    {
        path.parent.relative_to(PROOFS).as_posix()
        for path in PROOFS.rglob("*.json")
        if "inductive inv" in path.read_text()
    }
)


def test_there_are_such_certificates() -> None:
    assert {"Dedupe/full_two_pages", "Dedupe/safety", "PageLock/same_page", "Recheck/both_checked"} <= set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_they_are_accepted(folder: str) -> None:
    stored = certified(folder)
    for invariant, names in stored.invariants.items():
        judge = InvariantJudge(stored.system, invariant, seconds=60)
        for name in names:
            assert isinstance(judge.opinion(name), Shown), name


# ------------------------------------------------------------------------------------------------ spoiled


def spoiled(invariant: InductiveInvariant, every: int) -> Iterator[InductiveInvariant]:
    """Yield the invariant with one conjunct left out, negated, or made weaker; every so many of them."""
    for place in range(0, len(invariant.conjuncts), every):  # a few of many: each is judged anew
        before, conjunct, after = (
            invariant.conjuncts[:place],
            invariant.conjuncts[place],
            invariant.conjuncts[place + 1 :],
        )
        yield replace(invariant, conjuncts=(*before, *after))
        yield replace(invariant, conjuncts=(*before, Not(conjunct), *after))
        if after:
            yield replace(invariant, conjuncts=(*before, Or((conjunct, after[0])), *after[1:]))
    for name in invariant.properties:
        yield replace(invariant, properties=tuple(other for other in invariant.properties if other != name))


SPOILED = [
    ("Dedupe/safety", "NoStaleComparison", 24),
    ("Dedupe/full", "ChangedBehindComparison", 1),
    ("PageLock/same_page", "OneAtATime", 10),
    ("PageLock/source_first", "OneAtATime", 1),
    ("PageLock/inode_locks_held", "MirroredMeet", 1),
    ("Recheck/both_checked", "OtherPage", 1),
    ("Recheck/no_reference", "RightPage", 1),
    ("Recheck/no_reference_index_unchecked", "deadlock", 1),
]


@pytest.mark.parametrize(("folder", "name", "every"), SPOILED)
def test_spoiled_they_are_refused_where_the_semantics_says_so(folder: str, name: str, every: int) -> None:
    stored = certified(folder)
    (invariant,) = [known for known, names in stored.invariants.items() if name in names]
    opinions: list[Opinion] = []
    for worse in spoiled(invariant, every):
        opinion = InvariantJudge(stored.system, worse, seconds=60).opinion(name)
        match opinion:
            case Refuted(_, state):
                assert state is not None
                assert is_wrong(stored.system, worse, name, state)
            case Shown():  # it was not needed, at least not for this property
                assert not any(is_wrong(stored.system, worse, name, state) for state in near(folder))
            case _:
                raise AssertionError(opinion)
        opinions.append(opinion)
    assert sum(isinstance(opinion, Refuted) for opinion in opinions) >= len(opinions) / 2


def is_wrong(system: TransitionSystem, invariant: InductiveInvariant, name: str, state: State) -> bool:
    """Return whether by the semantics the state shows that the invariant is none, or is not enough."""
    if not inside(system, invariant, state):
        return is_initial(system, state)
    targets = [outcome.target for outcome in steps(system, state) if isinstance(outcome, Taken)]
    if any(not inside(system, invariant, target) for target in targets):
        return True
    match name:
        case "deadlock":
            assert system.terminal is not None
            return not list(steps(system, state)) and truth(system, system.terminal, state) is False
        case _:
            claim = property_named(system, name)
            return truth(system, claim.formula, state) is (claim.kind is PropertyKind.WITNESS)


def inside(system: TransitionSystem, invariant: InductiveInvariant, state: State) -> bool:
    """Return whether all conjuncts are true, and no property is false: one that faults is not."""
    if not is_state(system, state):
        return False
    claims = [property_named(system, name).formula for name in invariant.properties]
    return all(truth(system, conjunct, state) is True for conjunct in invariant.conjuncts) and not any(
        truth(system, claim, state) is False for claim in claims
    )


def truth(system: TransitionSystem, expr: Expr, state: State) -> bool | None:
    try:
        return bool(evaluate(system, expr, state))
    except Fault:
        return None


@cache
def near(folder: str) -> list[State]:
    """Return states on runs of the system, and such states with a variable or two of any other value."""
    system = certified(folder).system
    chance = random.Random(1)
    possible = [list(values_of(variable.type, system.scope)) for variable in system.variables]
    starts = [state for state in initial_states(system) if isinstance(state, tuple)]
    found: list[State] = []
    for _ in range(8):
        state = chance.choice(starts)
        for _ in range(12):
            found.append(state)
            for _ in range(2):
                changed = list(state)
                for place in chance.sample(range(len(state)), chance.choice((1, 2))):
                    changed[place] = chance.choice(possible[place])
                found.append(tuple(changed))
            targets = [outcome.target for outcome in steps(system, state) if isinstance(outcome, Taken)]
            if not targets:
                break
            state = chance.choice(targets)
    return found


def test_what_is_wrong_is_found_near_runs_too() -> None:
    """What tells right from wrong here does so without a solver: a claim that is false from the start on, and one that a step ends."""
    stored = certified("Recheck/both_checked")
    for name, falsely in (("RightPage", True), ("OtherPage", False)):
        formula = property_named(stored.system, name).formula
        invariant = InductiveInvariant((Not(formula) if falsely else formula,))
        assert any(is_wrong(stored.system, invariant, name, state) for state in near("Recheck/both_checked"))
