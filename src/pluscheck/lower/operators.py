"""The operators of a system: each is lowered once for each combination of argument types that it is used with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core.system import Operator
from pluscheck.core.walk import subterms
from pluscheck.lang.elaborated import Instance
from pluscheck.lower.expressions import lower_expr, value_params
from pluscheck.lower.naming import unused
from pluscheck.lower.surroundings import Env, Home


@dataclass(frozen=True, slots=True)
class Handed:
    """Within an operator that is handed the values of some state variables: those variables are its parameters."""

    variables: frozenset[str]

    def read(self, variable: str, span: Span) -> e.Expr:
        """Return the parameter, or where there is none the variable."""
        return e.Local(_handed(variable), span=span) if variable in self.variables else e.Var(variable, span=span)

    def assigned(self) -> frozenset[str]:
        """Return the variables handed over."""
        return self.variables

    def local_names(self) -> frozenset[str]:
        """Return the parameters."""
        return frozenset(_handed(variable) for variable in self.variables)


def _handed(variable: str) -> str:
    return f"{variable}@"


@dataclass(slots=True)
class Operators:
    """The operators met so far. Bodies are lowered when asked for (`complete`), so that long chains of operators nest nowhere."""

    home: Home
    defined: dict[str, Operator] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _specialised: dict[tuple[int, frozenset[str]], str] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _waiting: list[tuple[str, Instance]] = field(default_factory=list)
    _waiting_handed: list[tuple[str, Instance, Handed]] = field(default_factory=list)
    _mentions: dict[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)

    def name(self, instance: Instance) -> str:
        """Return the operator's core name."""
        if id(instance) not in self._names:
            self._names[id(instance)] = self._new(instance.name)
            self._waiting.append((self._names[id(instance)], instance))
        return self._names[id(instance)]

    def specialised(self, instance: Instance, variables: frozenset[str]) -> tuple[str, tuple[str, ...]]:
        """Return the operator that takes these variables' values as further parameters, and their order."""
        key = (id(instance), variables)
        if key not in self._specialised:
            self._specialised[key] = self._new(f"{self.name(instance)}@")
            self._waiting_handed.append((self._specialised[key], instance, Handed(variables)))
        return self._specialised[key], tuple(sorted(variables))

    def define(self, name: str, params: tuple[str, ...], body: Callable[[str], e.Expr], span: Span) -> str:
        """Define an operator under this name or one like it; return the name."""
        chosen = self._new(name)
        self.defined[chosen] = Operator(chosen, params, body(chosen), span)
        return chosen

    def complete(self) -> Mapping[str, Operator]:
        """Lower all bodies that wait, and those that they call; return all operators."""
        self._complete_unhanded()
        while self._waiting_handed:
            name, instance, handed = self._waiting_handed.pop()
            further = tuple(_handed(variable) for variable in sorted(handed.variables))
            env = Env(self.home, instance.annotations, taken=frozenset(further), reading=handed)
            self._lower(name, instance, env, further)
            self._complete_unhanded()
        return self.defined

    def _complete_unhanded(self) -> None:
        while self._waiting:
            name, instance = self._waiting.pop()
            self._lower(name, instance, Env(self.home, instance.annotations), ())

    def _lower(self, name: str, instance: Instance, env: Env, further: tuple[str, ...]) -> None:
        params: list[str] = []
        for _, param in value_params(instance.decl):
            core_name, env = env.bind(param)
            params.append(core_name)
        body = lower_expr(instance.decl.body, env)
        self.defined[name] = Operator(name, (*params, *further), body, instance.decl.span)

    def reads(self, name: str) -> frozenset[str]:
        """Return the state variables that the operator mentions, itself or through those that it calls."""
        self._complete_unhanded()
        found: set[str] = set()
        reached = {name}
        pending = [name]
        while pending:
            variables, called = self._mentioned(pending.pop())
            found |= variables
            pending.extend(called - reached)
            reached |= called
        return frozenset(found)

    def _mentioned(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the variables and the operators that an operator's own body mentions."""
        if name not in self._mentions:
            self._mentions[name] = mentioned(self.defined[name].body)
        return self._mentions[name]

    def _new(self, name: str) -> str:
        chosen = unused(name, self._used)
        self._used.add(chosen)
        return chosen


def mentioned(expr: e.Expr) -> tuple[frozenset[str], frozenset[str]]:
    """Return the variables and the operators that an expression mentions."""
    variables: set[str] = set()
    operators: set[str] = set()
    for part in subterms([expr]):
        match part:
            case e.Var(name):
                variables.add(name)
            case e.Call(operator, _):
                operators.add(operator)
            case _:
                pass
    return frozenset(variables), frozenset(operators)
