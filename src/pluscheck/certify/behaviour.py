"""What a system does, as formulas: where it starts, its steps, and whether anything can happen. Written from `core.semantics`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from pluscheck.certify.encoding import Encoding, Setting, States, SymbolicState
from pluscheck.certify.formulas import FALSE, TRUE
from pluscheck.certify.symbols import Symbolic, as_set
from pluscheck.core.exprs import Expr
from pluscheck.core.system import Action, Assertion, Bind, Guard, Pick, TransitionSystem


@dataclass(frozen=True, slots=True, eq=False)
class Leading:
    """Where a start or a step leads: the state, the condition that it gets there, and the condition that it faults on the way."""

    target: SymbolicState
    possible: int
    broken: int


AtEnd = Callable[[Action, Setting], int]
"""What is asked of an action, all of whose clauses were passed in a setting."""


class Behaviour:
    """The starts and steps of the system of an encoding. Each start and each step is of unknowns of its own."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.system: TransitionSystem = encoding.system
        self.symbols = encoding.symbols
        self.formulas = encoding.formulas

    # ------------------------------------------------------------------------------------ states

    def any_state(self) -> tuple[SymbolicState, int]:
        """Return a state of which nothing is known, and the condition that its values are of their types."""
        made = [self.symbols.unknown(variable.type, variable.name) for variable in self.system.variables]
        return tuple(value for value, _ in made), self.formulas.all_([typed for _, typed in made])

    def typed(self, state: SymbolicState) -> int:
        """Return the formula of "each value is of its variable's type"."""
        parts = zip(state, self.system.variables, strict=True)
        return self.formulas.all_([self.symbols.typed(value, variable.type) for value, variable in parts])

    def truth(self, expr: Expr, state: SymbolicState, following: SymbolicState | None = None) -> tuple[int, int]:
        """Return the formula of a Boolean expression in a state, or of a step, and the condition that it faults."""
        return self.encoding.truth(expr, outermost(state, following))

    # ------------------------------------------------------------------------------------- starts

    def start(self) -> Leading:
        """Return any initial state: the first values in order, each from those before it, then the initial conditions."""
        formulas, symbols = self.formulas, self.symbols
        possible, broken = TRUE, FALSE
        values: list[Symbolic] = []
        for variable in self.system.variables:
            if variable.initial is None:
                value, inside = symbols.unknown(variable.type, variable.name)
                possible = formulas.and_(possible, inside)
            else:
                found, fault = self.encoding.meaning(variable.initial, outermost(tuple(values)))
                broken = formulas.or_(broken, formulas.and_(possible, fault))
                possible = formulas.and_(possible, formulas.not_(fault))
                value = found
                if variable.any_of:
                    value, inside = symbols.any_element(as_set(found), variable.name)
                    possible = formulas.and_(possible, inside)
            values.append(symbols.told(value))
        state = tuple(values)
        for condition in self.system.init:
            truth, fault = self.truth(condition, state)
            broken = formulas.or_(broken, formulas.and_(possible, fault))
            possible = formulas.all_((possible, formulas.not_(fault), truth))
        return Leading(state, possible, broken)

    # -------------------------------------------------------------------------------------- steps

    def step(self, state: SymbolicState) -> Leading:
        """Return any step out of the state: by any action, with any picks."""
        formulas, symbols = self.formulas, self.symbols
        actions = self.system.actions
        width = max(1, (len(actions) - 1).bit_length())
        selector = formulas.unknown("action", width)
        target: list[Symbolic] = list(state)
        possible, broken = FALSE, FALSE
        for number, action in enumerate(actions):
            chosen = formulas.equal(selector, formulas.constant(number, width))
            leading = self._taken(action, state, chosen)
            possible = formulas.or_(possible, leading.possible)
            broken = formulas.or_(broken, leading.broken)
            for position, (new, old) in enumerate(zip(leading.target, state, strict=True)):
                if new is not old:
                    target[position] = symbols.merged(chosen, new, target[position])
        return Leading(tuple(target), possible, broken)

    def _taken(self, action: Action, state: SymbolicState, chosen: int) -> Leading:
        """Return any step by one action, where it is chosen."""
        formulas, symbols = self.formulas, self.symbols
        setting, possible, broken = outermost(state), chosen, FALSE
        for clause in action.clauses:
            match clause:
                case Pick(name, domain):
                    found, fault = self.encoding.meaning(domain, setting)
                    picked, condition = symbols.any_element(as_set(found), f"{action.name}: {name}")
                    setting = setting.binding({name: picked})
                case Guard(guard):
                    condition, fault = self.encoding.truth(guard, setting)
                case Bind(name, value_expr):
                    value, fault = self.encoding.meaning(value_expr, setting)
                    setting, condition = setting.binding({name: value}), TRUE
                case Assertion(claim):
                    condition, fault = self.encoding.truth(claim, setting)
                    fault = formulas.or_(fault, formulas.not_(condition))
                case _:
                    assert_never(clause)
            broken = formulas.or_(broken, formulas.and_(possible, fault))
            possible = formulas.all_((possible, formulas.not_(fault), condition))
            if possible == FALSE:
                return Leading(state, FALSE, broken)
        new, fault = self._updated(action, setting)
        broken = formulas.or_(broken, formulas.and_(possible, fault))
        possible = formulas.and_(possible, formulas.not_(fault))
        variables = zip(self.system.variables, state, strict=True)
        return Leading(tuple(new.get(variable.name, old) for variable, old in variables), possible, broken)

    def _updated(self, action: Action, setting: Setting) -> tuple[dict[str, Symbolic], int]:
        """Return the new value of each variable that the action assigns, and the condition that one of them faults."""
        found = {update.variable: self.encoding.meaning(update.value, setting) for update in action.updates}
        new = {name: self.symbols.told(value) for name, (value, _) in found.items()}
        return new, self.formulas.any_([fault for _, fault in found.values()])

    def stuck(self, state: SymbolicState) -> int:
        """Return the formula of "nothing can happen here": no action gets past its guards with any picks, be it to a fault."""
        return self.formulas.not_(self._any_way(state, lambda *_: TRUE))

    def faulty(self, state: SymbolicState) -> int:
        """Return the formula of "here a step faults", of no unknowns but the state's: it can be negated, as `broken` cannot."""
        return self._any_way(state, lambda action, setting: self._updated(action, setting)[1])

    def _any_way(self, state: SymbolicState, at_end: AtEnd) -> int:
        return self.formulas.any_([self._way_on(action, 0, outermost(state), at_end) for action in self.system.actions])

    def _way_on(self, action: Action, position: int, setting: Setting, at_end: AtEnd) -> int:
        """Return the formula of "from this clause on, some picks lead to a fault, or to the end and what is asked of it"; all picks are told apart."""
        formulas = self.formulas
        if position == len(action.clauses):
            return at_end(action, setting)
        clause = action.clauses[position]
        match clause:
            case Pick(name, domain):
                found, fault = self.encoding.meaning(domain, setting)
                ways = [fault]
                for element, inside in self.symbols.elements(found).items():
                    picked = setting.binding({name: self.symbols.lifted(element)})
                    ways.append(formulas.and_(inside, self._way_on(action, position + 1, picked, at_end)))
                return formulas.any_(ways)
            case Guard(condition):
                truth, fault = self.encoding.truth(condition, setting)
                if truth == FALSE:
                    return fault
                return formulas.or_(fault, formulas.and_(truth, self._way_on(action, position + 1, setting, at_end)))
            case Bind(name, value_expr):
                value, fault = self.encoding.meaning(value_expr, setting)
                after = self._way_on(action, position + 1, setting.binding({name: value}), at_end)
                return formulas.or_(fault, after)
            case Assertion(condition):
                truth, fault = self.encoding.truth(condition, setting)
                after = self._way_on(action, position + 1, setting, at_end)
                return formulas.any_((fault, formulas.not_(truth), after))
            case _:
                assert_never(clause)


def outermost(state: SymbolicState, following: SymbolicState | None = None) -> Setting:
    """Return the setting of a whole expression, with nothing bound."""
    return Setting(States(state, following), False, {}, ())
