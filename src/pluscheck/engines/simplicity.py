"""Runs that an engine found by going through states, made simple: it takes whichever comes first, and that is seldom the one to show."""

from __future__ import annotations

from collections.abc import Mapping

from pluscheck.base.answers import Answer
from pluscheck.core.system import FAULTS, TransitionSystem
from pluscheck.engines.traces import trace_of
from pluscheck.evidence.trace import Trace
from pluscheck.ground.ground import ground
from pluscheck.ground.violations import violation

CONFLICTS = 30_000
"""So many conflicts a solver may run into before it has a run of its own; a second or two."""


def simplified(system: TransitionSystem, traces: Mapping[str, Trace], *, seconds: float | None) -> dict[str, Trace]:
    """Return, for properties by name with their shortest traces, traces of the same lengths that are easier to read.

    One that is not found soon stays as it is; so do faults. Raises SpecError if the system is too large to be grounded.
    """
    names = [name for name, trace in traces.items() if name != FAULTS and trace.length > 0]
    if not names:
        return dict(traces)
    from pluscheck.bits.unrolling import Unrolling  # with its solver, where there is something to do

    grounded = ground(system)
    where = {name: violation(grounded, name) for name in names}
    of_states = [name for name in names if where[name].state]
    of_steps = [name for name in names if not where[name].state]
    questions = [*of_states, *of_steps]
    unrolling = Unrolling(grounded, [where[n].state for n in of_states], [where[n].step for n in of_steps])
    found = dict(traces)
    for length in range(1 + max(traces[name].length for name in names)):
        if length:
            unrolling.extend()
        asked = [i for i, name in enumerate(questions) if traces[name].length == length]
        for i in asked:
            if unrolling.ask([i], seconds=seconds, conflicts=CONFLICTS) is Answer.SAT:
                found[questions[i]] = trace_of(grounded, unrolling.simplest(i, unrolling.run(), seconds=seconds))
        # That these are longer is known: it need not be found out again. A question about steps has no meaning before the first.
        longer = [i for i, name in enumerate(questions) if traces[name].length > length]
        unrolling.rule_out([i for i in longer if length or i < len(of_states)])
    return found
