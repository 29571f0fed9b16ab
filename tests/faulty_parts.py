"""Parts of pluscheck as they should not be, for the table of seeded faults."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from pluscheck.base.answers import Answer
from pluscheck.certify.replay import ReplayedStep
from pluscheck.core import exprs as e
from pluscheck.core.system import Guard, PropertyKind
from pluscheck.evidence.verdict import Bounded
from pluscheck.ground.dag import FALSE
from pluscheck.ground.symbolic import OptionV
from pluscheck.lang.syntax import Await
from pluscheck.pipeline.certificates import readable
from seeded_faults import after


def actions(change: Any) -> Any:
    """Return a fault of `ground`: its actions are changed."""
    return after(lambda system: replace(system, actions=tuple(change(system, list(system.actions)))))


def without_update(_: Any, of: Any) -> Any:
    return [replace(a, updates={at: node for at, node in a.updates.items() if at}) for a in of]


def lowest_if_not_assigned(system: Any, of: Any) -> Any:
    low = {at: FALSE if leaf.boolean else system.dag.integer(leaf.low) for at, leaf in enumerate(system.leaves)}
    return [replace(action, updates={**low, **action.updates}) for action in of]


def starting_at_three(system: Any) -> Any:
    dag = system.dag
    return replace(system, init=dag.and_(system.init, dag.eq(system.leaves[0].node, dag.integer(3))))


def stuck_but_for_fall(system: Any) -> Any:
    guards = [action.guard for action in system.actions if action.action.name != "Fall"]
    return replace(system, stuck=system.dag.not_(system.dag.any_(guards)))


def options_by_presence(original: Any, self: Any, left: Any, right: Any) -> Any:
    if isinstance(left, OptionV) and isinstance(right, OptionV):
        return self.dag.iff(left.present, right.present)
    return original(self, left, right)


def every_argument(_: Any, self: Any, expr: Any, names: Any) -> Any:
    function, _ = self.evaluate(expr.function, names)
    value, faults = self.evaluate(expr.value, names)
    return type(function)({key: (defined, value) for key, (defined, _) in function.entries.items()}), faults


def exchanging_two(original: Any, system: Any, predicates: Any) -> Any:
    return (*original(system, predicates), (2, 1, *range(3, len(predicates) + 1)))


def without_carry(_: Any, self: Any, a: Any, b: Any, *, subtract: bool) -> Any:
    width = max(len(a), len(b)) + 1
    left, right = [(*bits, *[bits[-1]] * (width - len(bits))) for bits in (a, b)]
    return tuple([self._circuit.xor(x, y ^ subtract) for x, y in zip(left, right, strict=True)])


def swapped(self: Any, condition: Any, yes: Any, no: Any) -> Any:
    return self, condition, no, yes


def without_relation(original: Any, self: Any) -> None:
    solver, self._solver = self._solver, SimpleNamespace(add=lambda _: None)
    original(self)
    self._solver = solver


def cut(original: Any, self: Any, node: Any, width: int) -> Any:
    return self._resize(original(self, node, 3), 3, width, signed=False)


def nothing_found(original: Any, self: Any, questions: Any, *, seconds: Any) -> Any:
    return Answer.UNSAT if self.length else original(self, questions, seconds=seconds)


def first_of(original: Any, *args: Any) -> Any:
    yield next(iter(original(*args)))


def but_free(original: Any, *args: Any) -> Any:
    return (outcome for outcome in original(*args) if outcome.action.name != "Free")


def without_guards(original: Any, action: Any, underway: Any) -> Any:
    clauses = [Guard(e.Lit(True)) if isinstance(clause, Guard) else clause for clause in action.clauses]
    return original(replace(action, clauses=tuple(clauses)), underway)


def shortened(trace: Any) -> Any:
    return replace(trace, states=trace.states[1:], steps=trace.steps[1:]) if trace.steps else trace


def without_base(original: Any, system: Any, wanted: Any, *rest: Any) -> Any:
    return replace(original(system, wanted, *rest), verdicts=dict.fromkeys(wanted, Bounded(2)))


def equal_frames(_: Any, self: Any) -> Any:
    return tuple(self.lemmas)


def shorter(certificate: Any) -> Any:
    return replace(certificate, conjuncts=certificate.conjuncts[:-1])


def without_conjunct(_: Any, elaborated: Any, system: Any, certificate: Any) -> Any:
    return readable(elaborated, system, shorter(certificate))


def without_await(original: Any, self: Any, statement: Any, path: Any) -> Any:
    return None if isinstance(statement, Await) else original(self, statement, path)


def without_free(original: Any, self: Any, encoding: Any) -> None:
    original(self, encoding)
    self.system = replace(self.system, actions=tuple([a for a in self.system.actions if a.name != "Free"]))


def start_at_three(original: Any, self: Any) -> Any:
    leading = original(self)
    is_three = self.symbols.equal(leading.target[0], self.symbols.number(3))
    return replace(leading, possible=self.formulas.and_(leading.possible, is_three))


def as_claimed(_: Any, claim: Any, *_more: Any) -> bool:
    return claim.kind is not PropertyKind.WITNESS


def not_as_claimed(_: Any, claim: Any, *_more: Any) -> bool:
    return claim.kind is PropertyKind.WITNESS


def any_step(_: Any, system: Any, _number: int, _before: Any, step: Any, after_it: Any) -> Any:
    action = next(a for a in system.actions if a.name == step.action)
    return ReplayedStep(action, step.arguments, after_it, ())
