"""Whether a run that is given shows as much as is said: that in every setting of a cube there is one like it."""

from __future__ import annotations

from collections.abc import Sequence

from pluscheck.bits.system import BitSystem
from pluscheck.core.switches import Protection, with_free_switches, with_setting
from pluscheck.core.system import TransitionSystem
from pluscheck.engines.ablation.lifting import Lifting
from pluscheck.engines.ablation.search import switch_bits
from pluscheck.engines.ablation.settings import Cube
from pluscheck.evidence.trace import Trace
from pluscheck.ground.ground import ground
from pluscheck.ground.runs import Run


class Confirming:
    """Follows runs with the switches of one system left open."""

    def __init__(self, system: TransitionSystem, of: Sequence[Protection]) -> None:
        self._system = system
        self._of = of
        self._grounded = ground(with_free_switches(system, of))
        self._bits = BitSystem(self._grounded)
        self._lifting = Lifting(self._bits, switch_bits(self._grounded, of))
        self._numbers = {
            (a.action.name, a.action.variant, a.arguments): i for i, a in enumerate(self._grounded.actions)
        }

    def shows(self, cube: Cube, name: str, trace: Trace) -> bool:
        """Return whether a run of the cube's largest setting, which violates the property of this name there, shows that every setting of the cube has one."""
        if not trace.states:  # what the initial states are is not defined
            return False
        run = self._run(cube, trace)
        if run is None:
            return False
        bad = self._bits.bad(name)
        if self._lifting.covers(run, bad.state, cube):
            return True
        return bool(run.taken) and self._lifting.covers(*self._lifting.before_step(run, bad.step), cube)

    def _run(self, cube: Cube, trace: Trace) -> Run | None:
        """Return the run over the system with free switches; None if it is no run of it."""
        fixed = with_setting(self._system, self._of, cube.largest(len(self._of)))
        switches = tuple([c.value for c in fixed.constants if c.is_switch])
        leaves = tuple([self._grounded.layout.encode((*switches, *state)) for state in trace.states])
        taken = [self._numbers.get((step.action, step.variant, step.arguments)) for step in trace.steps]
        known = tuple([number for number in taken if number is not None])
        return Run(leaves, known) if len(known) == len(taken) else None
