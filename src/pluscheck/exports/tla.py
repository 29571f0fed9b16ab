"""A transition system as a module of TLA+ and a configuration for TLC (Lamport, Specifying Systems, 2002).

An action is an operator, with its arguments as quantifiers. A step that faults is none, and a state out of which some step does is no deadlock: where something may not be
defined, that is asked first, and `Defined` says that all is. A transition property is about every step, TLA+'s `[][P]_vars` about those that change something: about the others
an invariant says it. Where some initial value is not defined TLC stops, by `Assert`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from pluscheck.core import exprs as e
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.system import (
    DEADLOCK,
    FAULTS,
    Assertion,
    Bind,
    Guard,
    Pick,
    PropertyKind,
    TransitionSystem,
    Variable,
)
from pluscheck.core.types import EnumType
from pluscheck.core.walk import subterms
from pluscheck.exports.defined import is_false, is_true
from pluscheck.exports.tla_names import Global, TlaNames
from pluscheck.exports.tla_orders import Order, TlaOrders
from pluscheck.exports.tla_steps import Guarded, Prepared, Step, prepared
from pluscheck.exports.tla_terms import Bound, Level, TlaTerms

WIDTH = 120
"""Lists of names are broken into lines of so many characters."""

HELPERS = {
    Global.NONE: ("", "<<>>"),
    Global.SOME: ("(value_)", "<<value_>>"),
    Global.GET: ("(option_)", "option_[1]"),
    Global.OPTION: ("(S_)", "{{{none}}} \\cup {{{some}(value_) : value_ \\in S_}}"),
    Global.SEQUENCES: ("(S_, n_)", "UNION {{[1..length_ -> S_] : length_ \\in 0..n_}}"),
    Global.IS_SEQUENCE: ("(q_, S_, n_)", "Len(q_) <= n_ /\\ (\\A place_ \\in 1..Len(q_) : q_[place_] \\in S_)"),
    Global.POWER: ("(base_, exponent_)", "IF exponent_ = 0 THEN 1 ELSE base_^exponent_"),
}
"""What is bound here ends in what no other name ends in."""


@dataclass(frozen=True, slots=True)
class TlaModule:
    """A module, what TLC is told about it, and the invariant that says of each witness that it is not reached. Its file must be called `name`.tla."""

    name: str
    module: str
    configuration: str


def tla(system: TransitionSystem, checked: Sequence[str]) -> TlaModule:
    """Return the system with all its properties; the configuration asks for those of these names."""
    with deep_recursion(system.span):
        return _Writer(system, checked).written()


class _Writer:
    def __init__(self, system: TransitionSystem, checked: Sequence[str]) -> None:
        self.system = system
        self.checked = checked
        self.name = f"{system.name}_{system.model}"
        self.parts: Prepared = prepared(system)
        used = self._used_operators()
        self.names = names = TlaNames(system, self.name, used, self.parts.families.named)
        self.actions = [names.fresh(f"{a.name}_{a.variant}" if a.variant else a.name) for a in system.actions]
        self.faulting = [names.fresh(f"{action}_faults") for action in self.actions]
        self.derived = {
            (claim.name, what): names.fresh(f"{claim.name}_{what}")
            for claim in system.properties
            for what in (STEPS, IDLE, UNREACHED, UNDEFINED)
        }
        self.terms = TlaTerms(names)
        self.orders = TlaOrders(self.terms, self.parts.inference.types)
        names.order_of = self._order_of
        self.invariants: list[tuple[str, str]] = []
        """Invariants with the property that they are for."""
        self.properties: list[tuple[str, str]] = []
        self.operators = used

    def _order_of(self, expr: e.Choose) -> Order | None:
        return None if expr.unique else self.orders.of(self.parts.choices[expr])

    def _used_operators(self) -> list[str]:
        """Return the operators that something mentions, each after those that it mentions but in a circle."""
        operators = self.parts.operators
        ordered: dict[str, None] = {}
        begun: set[str] = set()
        stack = [(name, False) for name in reversed(_called(self._roots()))]
        while stack:
            name, done = stack.pop()
            if done:
                ordered[name] = None
            elif name not in begun:
                begun.add(name)
                stack.append((name, True))
                stack += [(inner, False) for inner in _called([operators[name].body])]
        return list(ordered)

    def _roots(self) -> list[e.Expr]:
        parts = self.parts
        guarded = [*[g for g in parts.initial if g is not None], *parts.init]
        guarded += [g for claim in parts.claims for g in (claim.formula, claim.idle) if g is not None]
        guarded += [] if parts.terminal is None else [parts.terminal]
        found = [expr for g in guarded for expr in (g.defined, g.expr)]
        for step in parts.steps:
            found += [step.fault, step.idle]
            found += [there for _, there in step.clauses] + [there for _, there in step.updates]
        return found

    # ---------------------------------------------------------------------------------------- sections

    def written(self) -> TlaModule:
        """Return the files."""
        operators = [line for name in self.operators for line in self._operator(name)]
        body = [*self._init(), *self._steps(), *self._next(), *self._claims()]
        head = [*self._head(), *self._sets()]
        orders = self.orders.definitions
        recursive = [f"RECURSIVE {self._signature(name)}" for name in self.operators if self._is_recursive(name)]
        sections = [head, [*self._helpers(), *orders], [*recursive, *operators], body]
        text = "\n\n".join("\n".join(lines).strip("\n") for lines in sections if lines)
        return TlaModule(self.name, f"{text}\n\n{'=' * 60}\n", "\n".join([*self._configuration(), ""]))

    def _head(self) -> Iterator[str]:
        names, system = self.names, self.system
        yield f"---- MODULE {self.name} ----"
        yield f"\\* {system.name}, model {system.model}"
        yield "EXTENDS Integers, Sequences, FiniteSets, TLC"
        atoms = list(names.atoms.values())
        if atoms:
            yield ""
            yield from _listed("CONSTANTS ", atoms, "")
        yield ""
        yield from _listed("VARIABLES ", [names.variable(v.name) for v in system.variables], "")
        yield ""
        yield from _listed("vars == <<", [names.variable(v.name) for v in system.variables], ">>")

    def _sets(self) -> Iterator[str]:
        names, system = self.names, self.system
        yield ""
        for sort, atoms in system.scope.items():
            yield f"{names.sort(sort)} == {{{', '.join(map(names.atom, atoms))}}}"
        for family in self.parts.families.named:
            if isinstance(family, EnumType):
                elements = ", ".join(f'"{literal}"' for literal in family.literals)
                yield f"{names.family(family)} == {{{elements}}}"
            else:
                parts = " \\cup ".join(map(names.family, family.parts))
                yield f"{names.family(family)} == {parts}"
        for constant in system.constants:
            yield f"{names.constant(constant.name)} == {self.terms.value(constant.value)}"

    def _helpers(self) -> Iterator[str]:
        names = self.names
        called = {"none": names.word(Global.NONE), "some": names.word(Global.SOME)}
        for helper, (parameters, text) in HELPERS.items():
            if helper in names.used:
                yield f"{names.word(helper)}{parameters} == {text.format(**called)}"

    def _is_recursive(self, name: str) -> bool:
        pending, seen = _called([self.parts.operators[name].body]), set[str]()
        while pending:
            inner = pending.pop()
            if inner == name:
                return True
            if inner not in seen:
                seen.add(inner)
                pending += _called([self.parts.operators[inner].body])
        return False

    def _signature(self, name: str) -> str:
        params = self.parts.operators[name].params
        return self.names.operator(name) + (f"({', '.join('_' for _ in params)})" if params else "")

    def _operator(self, name: str) -> Iterator[str]:
        operator = self.parts.operators[name]
        bound = self.terms.outermost().binding(*operator.params)
        params = ", ".join(bound.names[param] for param in operator.params)
        yield f"{self.names.operator(name)}{f'({params})' if params else ''} == {self.terms.text(operator.body, bound)}"

    # ------------------------------------------------------------------------------------------- steps

    def _init(self) -> Iterator[str]:
        yield ""
        yield "Init =="
        bound = self.terms.outermost()
        for variable, start in zip(self.system.variables, self.parts.initial, strict=True):
            if start is not None:
                yield from self._asserted(start.defined, bound)
            yield f"  /\\ {self._initial(variable, start, bound)}"
        for condition in self.parts.init:
            yield from self._asserted(condition.defined, bound)
            yield from [f"  /\\ {line}" for line in self._conditions(condition.expr, condition.defined, bound)]

    def _asserted(self, there: e.Expr, bound: Bound) -> Iterator[str]:
        if not is_true(there):
            yield f'  /\\ Assert({self.terms.text(there, bound)}, "an initial value is not defined")'

    def _initial(self, variable: Variable, initial: Guarded | None, bound: Bound) -> str:
        name = self.names.variable(variable.name)
        if initial is None:
            return self.terms.membership(name, variable.type)
        relation = "\\in" if variable.any_of else "="
        return f"{name} {relation} {self.terms.text(initial.expr, bound, Level.SUM)}"

    def _conjuncts(self, expr: e.Expr, bound: Bound) -> list[str]:
        """Return the lines of a conjunction, none of what is true."""
        if is_true(expr):
            return []
        parts = expr.args if isinstance(expr, e.And) and expr.args else (expr,)
        return [self.terms.text(part, bound) for part in parts]

    def _conditions(self, expr: e.Expr, there: e.Expr, bound: Bound) -> list[str]:
        """Return the lines of a condition that stands in an action and is defined `there`.

        TLC tries each case of an action by itself, also what is defined only where an earlier case is not: with `= TRUE` it takes it for one value.
        """
        if is_true(expr):
            return []
        if is_true(there):
            return self._conjuncts(expr, bound)
        parts = expr.args if isinstance(expr, e.And) and expr.args else (expr,)
        return [
            self.terms.text(part, bound)
            if isinstance(part, e.Eq | e.In | e.Compare | e.Forall | e.Not)
            else f"{self.terms.text(part, bound, Level.WORD)} = TRUE"
            for part in parts
        ]

    def _steps(self) -> Iterator[str]:
        for name, step in zip(self.actions, self.parts.steps, strict=True):
            yield ""
            yield f"{name} =="
            yield from self._block(step, 0, self.terms.outermost(), "  ")
        faulty = self._faulty()
        for name, step in faulty:
            yield ""
            yield f"{name} =="
            yield f"  {self.terms.text(step.fault, self.terms.outermost())}"
        yield ""
        yield from _cases("SomethingFaults", [name for name, _ in faulty])

    def _faulty(self) -> list[tuple[str, Step]]:
        pairs = zip(self.faulting, self.parts.steps, strict=True)
        return [(name, step) for name, step in pairs if not is_false(step.fault)]

    def _block(self, step: Step, position: int, bound: Bound, indent: str) -> Iterator[str]:
        """Yield the clauses from a position on, and the updates, as an aligned conjunction."""
        clauses = step.clauses
        while position < len(clauses):
            clause, there = clauses[position]
            yield from [f"{indent}/\\ {line}" for line in self._conditions(there, there, bound)]
            match clause:
                case Guard(condition) | Assertion(condition):
                    yield from [f"{indent}/\\ {line}" for line in self._conditions(condition, there, bound)]
                case Pick(name, domain):
                    chosen, inside = self.terms.binders((e.Binder(name, domain),), bound)
                    yield f"{indent}/\\ \\E {chosen} :"
                    yield from self._block(step, position + 1, inside, f"{indent}     ")
                    return
                case Bind():
                    before = f"{indent}/\\ LET "
                    while isinstance(clause, Bind):
                        inside = bound.binding(clause.name)
                        yield f"{before}{inside.names[clause.name]} == {self.terms.text(clause.value, bound)}"
                        bound, before, position = inside, f"{indent}       ", position + 1
                        if position == len(clauses) or not is_true(clauses[position][1]):
                            break
                        clause = clauses[position][0]
                    yield f"{indent}   IN"
                    yield from self._block(step, position, bound, f"{indent}   ")
                    return
            position += 1
        for _, there in step.updates:
            yield from [f"{indent}/\\ {line}" for line in self._conditions(there, there, bound)]
        for update, _ in step.updates:
            new = self.terms.text(update.value, bound, Level.SUM)
            yield f"{indent}/\\ {self.names.variable(update.variable)}' = {new}"
        changed = {update.variable for update, _ in step.updates}
        kept = [self.names.variable(v.name) for v in self.system.variables if v.name not in changed]
        if not changed:
            yield f"{indent}/\\ UNCHANGED vars"
        elif kept:
            yield from _listed(f"{indent}/\\ UNCHANGED <<", kept, ">>")

    def _next(self) -> Iterator[str]:
        yield ""
        yield from _cases("Steps", self.actions)
        rests = ["Steps"]
        if self._faulty():
            rests.append("(SomethingFaults = TRUE /\\ UNCHANGED vars)")
        if self.parts.terminal is not None:
            yield ""
            yield "Terminating =="
            terminal = self.parts.terminal
            lines = self._conditions(terminal.kept, terminal.defined, self.terms.outermost())
            yield from [f"  /\\ {line}" for line in lines]
            yield "  /\\ UNCHANGED vars"
            rests.append("Terminating")
        if DEADLOCK not in self.checked:
            # Not every TLC can be told in its configuration that deadlock is no error.
            rests.append("UNCHANGED vars")
        yield ""
        yield from _cases("Next", rests)
        yield ""
        yield "Spec == Init /\\ [][Next]_vars"

    # -------------------------------------------------------------------------------------- properties

    def _claims(self) -> Iterator[str]:
        bound = self.terms.outermost()
        undefined: list[str] = ["~SomethingFaults"] if self._faulty() else []
        if any(claim.idle is not None for claim in self.parts.claims):
            yield ""
            yield from _cases("NothingChanges", [self.terms.text(step.idle, bound) for step in self.parts.steps])
        for claim in self.parts.claims:
            name, kind = claim.property.name, claim.property.kind
            yield ""
            yield from self._definition(self.names.properties[name], claim.formula.expr, bound)
            there = claim.formula.defined
            if claim.idle is not None:
                kept = self.names.properties[name]
                if not is_true(there):
                    # In parentheses: `[x \in S` would begin a function.
                    kept = f"({self.terms.text(there, bound, Level.JUNCTION)} => {kept})"
                    yield f"{self.derived[name, UNDEFINED]} == [][{self.terms.text(there, bound, Level.WORD)}]_vars"
                    self.properties.append((self.derived[name, UNDEFINED], FAULTS))
                yield f"{self.derived[name, STEPS]} == [][{kept}]_vars"
                self.properties.append((self.derived[name, STEPS], name))
                if not is_true(claim.idle.kept):
                    then = self.terms.text(claim.idle.kept, bound, Level.JUNCTION)
                    yield f"{self.derived[name, IDLE]} == NothingChanges => {then}"
                    self.invariants.append((self.derived[name, IDLE], name))
                if not is_true(claim.idle.defined):
                    undefined.append(
                        f"(NothingChanges => {self.terms.text(claim.idle.defined, bound, Level.JUNCTION)})"
                    )
                continue
            if not is_true(there):
                undefined.append(self.terms.text(there, bound))
            if kind is PropertyKind.WITNESS:
                reached = self.terms.text(claim.formula.true, bound, Level.WORD)
                own = self.names.properties[name] if is_true(there) else reached
                yield f"{self.derived[name, UNREACHED]} == ~{own}"
                self.invariants.append((self.derived[name, UNREACHED], name))
            elif is_true(there):
                self.invariants.append((self.names.properties[name], name))
            else:
                yield f"{self.derived[name, STEPS]} == {self.terms.text(claim.formula.kept, bound)}"
                self.invariants.append((self.derived[name, STEPS], name))
        terminal = self.parts.terminal
        if terminal is not None and not is_true(terminal.defined):
            undefined.append(
                f"(~(ENABLED Steps) /\\ ~SomethingFaults => {self.terms.text(terminal.defined, bound, Level.JUNCTION)})"
            )
        yield ""
        yield "Defined =="
        yield from [f"  /\\ {line}" for line in undefined or ["TRUE"]]
        self.invariants.append(("Defined", FAULTS))

    def _definition(self, name: str, formula: e.Expr, bound: Bound) -> Iterator[str]:
        lines = self._conjuncts(formula, bound) or ["TRUE"]
        if len(lines) == 1:
            yield f"{name} == {lines[0]}"
        else:
            yield f"{name} =="
            yield from [f"  /\\ {line}" for line in lines]

    def _configuration(self) -> Iterator[str]:
        yield f"\\* For {self.name}.tla. A witness is reached if TLC says that its invariant is violated."
        yield "SPECIFICATION Spec"
        for atom in self.names.atoms.values():
            yield f"CONSTANT {atom} = {atom}"
        for keyword, claims in (("INVARIANT", self.invariants), ("PROPERTY", self.properties)):
            for name, of in claims:
                yield f"{'' if of in self.checked else BY_COMMENT}{keyword} {name}"


STEPS, IDLE, UNREACHED, UNDEFINED = "always", "where_nothing_changes", "not_reached", "is_defined"
"""What is said of a property, beside itself."""

BY_COMMENT = "\\* "


def _called(roots: Iterable[e.Expr]) -> list[str]:
    return list(dict.fromkeys(term.operator for term in subterms(roots) if isinstance(term, e.Call)))


def _cases(name: str, cases: Sequence[str]) -> Iterator[str]:
    yield f"{name} =="
    yield from [f"  \\/ {case}" for case in cases or ["FALSE"]]


def _listed(before: str, words: Sequence[str], after: str) -> list[str]:
    """Return the words with commas, in as many lines as it takes."""
    return wrap(
        f"{before}{', '.join(words)}{after}",
        WIDTH,
        subsequent_indent=" " * len(before),
        break_long_words=False,
        break_on_hyphens=False,
    )
