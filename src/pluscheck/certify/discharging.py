"""Discharging obligations: each is written as text, and a solver that knows nothing but the text must find that it has no solution."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import assert_never

from pluscheck.base.answers import Answer
from pluscheck.certify.obligations import Obligation, Obligations
from pluscheck.certify.opinions import NotJudged, Opinion, Refuted, Shown
from pluscheck.certify.solvers import Z3, other_answer, z3_reply
from pluscheck.core.system import State


def discharged(
    made: Obligations,
    obligations: Sequence[Obligation],
    deadline: float,
    *,
    with_solvers: Sequence[str] = (),
    is_confirmed: Callable[[Obligation, State], bool] | None = None,
) -> Opinion:
    """Return whether no obligation has a solution, by Z3 and by each of the other solvers.

    `is_confirmed` says whether a state fails an obligation by the reference semantics too: a solution of which that cannot be said refutes nothing.
    """
    for obligation in obligations:
        script = made.script(obligation)
        answer, values = z3_reply(script, deadline - time.monotonic())
        match answer:
            case Answer.UNSAT:
                pass
            case Answer.SAT:
                state = made.state_of(obligation, values)
                if is_confirmed is not None and state is not None and not is_confirmed(obligation, state):
                    return NotJudged("what the solver says against it, the reference semantics does not confirm")
                return Refuted(obligation.failure, state)
            case Answer.UNKNOWN:
                return NotJudged("the solver gave up")
            case _:
                assert_never(answer)
        for solver in with_solvers:
            if other_answer(solver, script, deadline) is not Answer.UNSAT:
                return NotJudged(f"{solver} does not agree with Z3, or gave up")
    return Shown((Z3, *with_solvers))
