"""What the judge takes for starts, steps, deadlocks and faults is what the reference semantics says."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from generate import states
from generate_systems import systems
from lowering import system_of
from pluscheck.base.answers import Answer
from pluscheck.base.errors import SpecError
from pluscheck.certify.behaviour import Behaviour, Leading
from pluscheck.certify.encoding import Encoding
from pluscheck.certify.formulas import Formulas, OutgrownError
from pluscheck.certify.symbols import Symbols
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.semantics import Broken, FaultyStart, Taken, initial_states, steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.smt.text import answer_of


def behaviour_of(system: TransitionSystem) -> Behaviour:
    return Behaviour(Encoding(system, Symbols(Formulas(), system.scope)))


def leads(behaviour: Behaviour, leading: Leading, targets: set[State], *, broken: bool) -> None:
    """Check that exactly these states are where it leads, and whether it may fault on the way."""
    formulas, symbols = behaviour.formulas, behaviour.symbols

    def is_state(state: State) -> int:
        parts = zip(leading.target, state, strict=True)
        return formulas.all_([symbols.equal(value, symbols.lifted(known)) for value, known in parts])

    def answer(*assertions: int) -> Answer:
        return answer_of(formulas.script(assertions), seconds=20).answer

    for target in targets:
        assert answer(leading.possible, is_state(target)) is Answer.SAT
    others = [formulas.not_(is_state(target)) for target in targets]
    assert answer(leading.possible, *others) is Answer.UNSAT
    assert answer(leading.broken) is (Answer.SAT if broken else Answer.UNSAT)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems(), states())
def test_steps_agree_with_the_semantics(system: TransitionSystem, state: State) -> None:
    behaviour = behaviour_of(system)
    try:
        outcomes = list(steps(system, state))
        starts = list(initial_states(system))
        with deep_recursion(system.span):
            lifted = tuple(map(behaviour.symbols.lifted, state))
            step, stuck, start = behaviour.step(lifted), behaviour.stuck(lifted), behaviour.start()
    except (OutgrownError, SpecError):
        return
    targets = {outcome.target for outcome in outcomes if isinstance(outcome, Taken)}
    leads(behaviour, step, targets, broken=any(isinstance(outcome, Broken) for outcome in outcomes))
    assert behaviour.formulas.values([stuck], {})[stuck] == (not outcomes)
    if len(starts) <= 16:
        found = {found for found in starts if not isinstance(found, FaultyStart)}
        leads(behaviour, start, found, broken=any(isinstance(found, FaultyStart) for found in starts))


STARTS = """
sort P
enum Mode == { free, held }
var n : 0..3 \\in {1, 2}
var f : [P -> Mode] \\in [P -> {held, free}]
var s : SUBSET P \\in SUBSET {p \\in P : f[p] = held}
var r : [a : 0..1, b : Option(P)] \\in [a : {1}, b : {None}]
var t : (0..1) \\X BOOLEAN \\in {0} \\X BOOLEAN
var q : Seq(0..1, 2)
var o : Option(0..1) = None
init n = 1 => 4 \\div (n - 1) > 0
init s # {}
action Step { o := Some(0); }
model m { scope P = 2; }
"""


def test_starts_agree_with_the_semantics() -> None:
    system = system_of(STARTS)
    behaviour = behaviour_of(system)
    starts = list(initial_states(system))
    found = {state for state in starts if not isinstance(state, FaultyStart)}
    assert len(found) > 10
    leads(behaviour, behaviour.start(), found, broken=True)
