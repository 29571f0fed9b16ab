"""Short ways from a specification's text to its models and what they do, for the tests of `lower`."""

from __future__ import annotations

from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.core.semantics import Broken, Taken, initial_states, steps
from pluscheck.core.system import Model, State, TransitionSystem
from pluscheck.core.values import show
from pluscheck.core.wellformed import faults_of_form
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models


def elaborated(text: str) -> Elaborated:
    """Return a checked specification; `text` may leave out its first line, `module Spec`."""
    whole = text if text.lstrip().startswith("module") else f"module Spec\n{text}"
    return elaborate(Source("Spec.plus", whole))


def model_of(text: str, name: str | None = None) -> Model:
    """Return the model of this name, or the first, which is well formed."""
    spec = elaborated(text)
    model = lower(spec, models(spec)[0] if name is None else name)
    assert faults_of_form(model.system) == []
    return model


def system_of(text: str, name: str | None = None) -> TransitionSystem:
    """Return the transition system of a model."""
    return model_of(text, name).system


def codes(text: str, name: str | None = None) -> list[str]:
    """Return the codes of what is wrong with a model (a specification that is wrong itself is an error of the test)."""
    spec = elaborated(text)
    try:
        lower(spec, models(spec)[0] if name is None else name)
    except SpecError as error:
        return [diagnostic.code.value for diagnostic in error.diagnostics]
    return []


def initial(system: TransitionSystem) -> State:
    """Return the only initial state."""
    (state,) = initial_states(system)
    assert isinstance(state, tuple)
    return state


def shown(system: TransitionSystem, state: State) -> dict[str, str]:
    """Return the values of the variables, as the language writes them."""
    return {variable.name: show(value) for variable, value in zip(system.variables, state, strict=True)}


def named(system: TransitionSystem, state: State, action: str) -> list[dict[str, str] | str]:
    """Return what an action can do: the states that it leads to, or the code of the fault that it ends in."""
    found: list[dict[str, str] | str] = []
    for outcome in steps(system, state):
        if outcome.action.name == action:
            match outcome:
                case Taken(_, _, target):
                    found.append(shown(system, target))
                case Broken(_, _, site):
                    found.append(site.kind.value)
    return found


def only(system: TransitionSystem, state: State, action: str) -> State:
    """Return the one state that the action leads to."""
    (outcome,) = [outcome for outcome in steps(system, state) if outcome.action.name == action]
    assert isinstance(outcome, Taken)
    return outcome.target


def run(text: str, *actions: str, model: str | None = None) -> dict[str, str]:
    """Return the state after these actions, each of which must lead to one state."""
    system = system_of(text, model)
    state = initial(system)
    for action in actions:
        state = only(system, state, action)
    return shown(system, state)
