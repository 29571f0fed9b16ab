"""The judge's own encoding says what the reference evaluator says, of every construct."""

from __future__ import annotations

from hypothesis import given, settings

from generate import BOOL, SYSTEM, expressions, states, typed_expressions
from pluscheck.base.answers import Answer
from pluscheck.base.errors import SpecError
from pluscheck.certify.encoding import Encoding, Setting, States
from pluscheck.certify.formulas import Formulas, OutgrownError
from pluscheck.certify.symbols import Symbols
from pluscheck.core.evaluator import Fault, deep_recursion, evaluate
from pluscheck.core.exprs import Expr
from pluscheck.core.system import State
from pluscheck.core.values import Value
from pluscheck.smt.text import answer_of


class Encoded:
    """The expressions of `generate.SYSTEM` over two states of which nothing is known."""

    def __init__(self) -> None:
        self.symbols = Symbols(Formulas(), SYSTEM.scope)
        self.formulas = self.symbols.formulas
        self.encoding = Encoding(SYSTEM, self.symbols)
        made = [tuple(self.symbols.unknown(v.type, v.name + prime) for v in SYSTEM.variables) for prime in ("", "'")]
        self.typed = self.formulas.all_([typed for state in made for _, typed in state])
        self.states = States(*[tuple(value for value, _ in state) for state in made])
        self.setting = Setting(self.states, False, {}, ())

    def being(self, state: State, next_state: State) -> int:
        """The formula that the two states are these."""
        both = zip((*self.states.now, *(self.states.following or ())), (*state, *next_state), strict=True)
        return self.formulas.all_([self.symbols.equal(here, self.symbols.lifted(value)) for here, value in both])


def reference(expr: Expr, state: State, next_state: State) -> Value | None:
    try:
        return evaluate(SYSTEM, expr, state, next_state)
    except Fault:
        return None


@settings(max_examples=200, deadline=None)
@given(expressions(primes=True), states(), states())
def test_values_and_faults_agree_with_the_evaluator(expr: Expr, state: State, next_state: State) -> None:
    encoded = Encoded()
    # Of the states themselves: everything folds, or is decided by what is known.
    lifted = States(*[tuple(map(encoded.symbols.lifted, values)) for values in (state, next_state)])
    try:
        expected = reference(expr, state, next_state)
        with deep_recursion(expr.span):
            value, fault = encoded.encoding.meaning(expr, Setting(lifted, False, {}, ()))
            told = encoded.symbols.told(value)
    except (OutgrownError, SpecError):
        return
    found = encoded.formulas.values([fault, *([] if expected is None else encoded.symbols.terms(told))], {})
    assert bool(found[fault]) == (expected is None)
    if expected is not None:
        assert encoded.symbols.concrete(told, found) == expected


@settings(max_examples=100, deadline=None)
@given(typed_expressions(BOOL, primes=True), states(), states())
def test_formulas_agree_with_the_evaluator(expr: Expr, state: State, next_state: State) -> None:
    encoded = Encoded()
    try:
        expected = reference(expr, state, next_state)
        with deep_recursion(expr.span):
            truth, fault = encoded.encoding.truth(expr, encoded.setting)
    except (OutgrownError, SpecError):
        return
    formulas = encoded.formulas
    outcome = (
        fault if expected is None else formulas.and_(truth if expected else formulas.not_(truth), formulas.not_(fault))
    )
    known = [encoded.being(state, next_state), encoded.typed]
    assert answer_of(formulas.script([*known, outcome]), seconds=20).answer is Answer.SAT
    other = answer_of(formulas.script([*known, formulas.not_(outcome)]), seconds=20)
    assert other.answer is Answer.UNSAT
