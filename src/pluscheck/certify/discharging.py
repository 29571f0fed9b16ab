"""Discharging obligations: each is written as text, and a solver that knows nothing but the text must find that it has no solution."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import assert_never

from pluscheck.base.answers import Answer
from pluscheck.certify.obligations import Obligation, Obligations, Part
from pluscheck.certify.opinions import NotJudged, Opinion, Refuted, Shown
from pluscheck.certify.reference import Reference
from pluscheck.certify.solvers import Z3, other_answer, z3_reply
from pluscheck.core.system import FAULTS, State


def discharged(
    made: Obligations,
    obligations: Sequence[Obligation],
    name: str,
    reference: Reference,
    deadline: float,
    *,
    with_solvers: Sequence[str] = (),
) -> Opinion:
    """Return whether no obligation has a solution, by Z3 and by each of the other solvers; `name` is the property's, if they are about one.

    A solution that the reference semantics does not confirm refutes nothing, and shows nothing either.
    """
    for obligation in obligations:
        script = made.script(obligation)
        left = deadline - time.monotonic()
        if left <= 0:
            return NotJudged("there was no time left")
        answer, values = z3_reply(script, left)
        match answer:
            case Answer.UNSAT:
                pass
            case Answer.SAT:
                run = made.run_of(obligation, values)
                if not is_confirmed(obligation.part, name, run, reference):
                    return NotJudged("what the solver says against it, the reference semantics does not confirm")
                return Refuted(obligation.failure, run[0] if run else None)
            case Answer.UNKNOWN:
                return NotJudged("the solver gave up")
            case _:
                assert_never(answer)
        for solver in with_solvers:
            if other_answer(solver, script, deadline) is not Answer.UNSAT:
                return NotJudged(f"{solver} does not agree with Z3, or gave up")
    return Shown((Z3, *with_solvers))


def is_confirmed(part: Part, name: str, run: tuple[State, ...], reference: Reference) -> bool:
    """Return whether these states are a solution by the reference semantics too. Raises TooLarge."""
    match part:
        case Part.INITIATION:
            return reference.is_bad_start(run[0])
        case Part.CONSECUTION:
            return reference.is_bad_source(run[0])
        case Part.START:
            return reference.has_faulty_start()
        case Part.STATE | Part.STEP:
            return reference.is_bad_state(name, run[0])
        case Part.BASE:
            return reference.is_bad_beginning(name, run) or (name == FAULTS and reference.has_faulty_start())
        case Part.INDUCTION:
            return reference.is_bad_end(name, run)
        case _:
            assert_never(part)
