"""A set of states as an expression over the specification's own variables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from pluscheck.base.answers import Gave
from pluscheck.bits.system import BitSystem
from pluscheck.core import exprs as e
from pluscheck.core.exprs import Expr
from pluscheck.core.system import FAULTS
from pluscheck.engines.bdd.clauses import inductive_orbits
from pluscheck.engines.bdd.diagrams import Diagram
from pluscheck.engines.bdd.elements import quantified
from pluscheck.engines.bdd.encoding import Encoding
from pluscheck.engines.bdd.steps import Relation
from pluscheck.engines.bdd.targets import Claim, Faulty, Target
from pluscheck.engines.invariants import STATE_KINDS, Goals, Minimiser, NotSolvedError, invariant, is_symmetric
from pluscheck.engines.limits import Limits
from pluscheck.evidence.verdict import InductiveInvariant, Reason
from pluscheck.ground.predicates import Predicate, predicates

_NO = e.Lit(False)
_YES = e.Lit(True)


def certificate(
    encoding: Encoding,
    relations: Sequence[Relation],
    reached: Diagram,
    open_: Sequence[Target],
    names: frozenset[str],
    limits: Limits,
    go_on: Callable[[], None],
) -> InductiveInvariant:
    """Return an inductive invariant that shows the named properties: clauses beside them, or all reached states where those are too many.

    No reached state is in a target of theirs. `go_on` is called every now and then, and may raise.
    """
    kinds = {claim.property.name: claim.property.kind for claim in encoding.system.properties}
    of_states = tuple(sorted(name for name in names if kinds.get(name) in STATE_KINDS))
    good, bad = encoding.diagrams.true, encoding.diagrams.false
    for target in open_:
        match target.sought:
            case Claim(name) if name in of_states:
                good &= ~target.states
            case Claim(name) if name in names:
                bad |= target.states
            case Faulty() if FAULTS in names:
                bad |= target.states
            case _:
                pass
    orbits = inductive_orbits(encoding, relations, reached, good, bad, go_on)
    if orbits is None:
        return InductiveInvariant((reached_formula(encoding, reached),))
    bits = BitSystem(encoding.system)
    goals = Goals(tuple(sorted(names)), of_states, ())
    with suppress(NotSolvedError):  # more clauses than needed are a proof as well
        orbits = Minimiser(bits, goals, (), lambda: _gave(limits)).orbits(orbits)
    return invariant(bits, orbits, goals)


def _gave(limits: Limits) -> Gave | None:
    exceeded = limits.exceeded()
    if exceeded is None:
        return None
    return Gave.TIME if exceeded is Reason.TIME else Gave.MEMORY


def reached_formula(encoding: Encoding, reached: Diagram) -> Expr:
    """Return a formula that is true of the reached states and of no other, and names no element unless the system does.

    A system that names none is symmetric in them (Ip and Dill, 1996), and so is what it reaches. A formula for particular elements, all different, is then true
    of any, and `\\A p1 \\in Sort : \\A p2 \\in Sort \\ {p1} : ...` says so.
    """
    formula = state_formula(encoding, reached)
    system = encoding.system.system
    return quantified(system, formula) if is_symmetric(system) else formula


def state_formula(encoding: Encoding, states: Diagram) -> Expr:
    """Return a formula of the states that is total and names elements of sorts: conditionals, in which what is used twice is defined once."""
    return _Writer(encoding).formula(states)


class _Writer:
    """Turns diagrams into conditionals on the values of whole leaves."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._of_leaf: list[list[Predicate]] = [[] for _ in encoding.bits]
        for predicate in predicates(encoding.system):
            self._of_leaf[predicate.leaf].append(predicate)
        self._leaf = {name: position for position, bits in enumerate(encoding.bits) for name in bits.now}

    def formula(self, states: Diagram) -> Expr:
        """Return the formula of a diagram."""
        true = self._encoding.diagrams.true
        formulas: dict[int, Expr] = {int(true): _YES, int(~true): _NO}
        cases, finished = self._cases(states)
        uses = Counter([part for of in cases.values() for _, part in of])
        definitions: list[tuple[str, Expr]] = []
        for key in finished:
            whole = self._conditional([(condition, formulas[part]) for condition, part in cases[key]])
            if uses[key] > 1:
                name = f"part{len(definitions) + 1}"
                definitions.append((name, whole))
                whole = e.Local(name)
            formulas[key] = whole
        result = formulas[int(states)]
        for name, value in reversed(definitions):
            result = e.Let(name, value, result)
        return result

    def _cases(self, states: Diagram) -> tuple[dict[int, list[tuple[Expr, int]]], list[int]]:
        """Return what each diagram below is by cases, and the diagrams in an order in which each comes after those it is made of."""
        cases: dict[int, list[tuple[Expr, int]]] = {}
        finished: list[int] = []
        pending: list[tuple[Diagram, bool]] = [(states, False)]
        while pending:
            here, is_expanded = pending.pop()
            key = int(here)
            if is_expanded:
                finished.append(key)
            elif here.var is not None and key not in cases:
                position, parts = self._parts(here)
                cases[key] = [(self._among(position, values), int(part)) for values, part in parts]
                pending.append((here, True))
                pending += [(part, False) for _, part in parts]
        return cases, finished

    def _parts(self, of: Diagram) -> tuple[int, list[tuple[list[int], Diagram]]]:
        """Return the leaf that a diagram looks at first and, for each set of its values that are all the same to it, what remains.

        The set with the least value stands last: no predicate says that a leaf which may be absent has that value.
        """
        assert of.var is not None
        position = self._leaf[of.var]
        leaf, bits = self._encoding.system.leaves[position], self._encoding.bits[position]
        possible = range(leaf.low, leaf.high + 1) if leaf.possible is None else leaf.possible
        parts: dict[int, tuple[list[int], Diagram]] = {}
        for value in possible:
            part = self._encoding.diagrams.cofactor(of, bits.cube(value))
            parts.setdefault(int(part), ([], part))[0].append(value)
        return position, sorted(parts.values(), key=lambda part: part[0][0], reverse=True)

    def _among(self, position: int, values: Sequence[int]) -> Expr:
        """Return that a leaf has one of these values, of which the least one is none."""
        alternatives = tuple([self._is(position, value) for value in values])
        return alternatives[0] if len(alternatives) == 1 else e.Or(alternatives)

    def _is(self, position: int, value: int) -> Expr:
        own = self._of_leaf[position]
        if own[0].bit is None:
            return next((predicate.formula for predicate in own if predicate.value == value), _YES)
        digits = [
            (predicate, value - predicate.value >> predicate.bit & 1) for predicate in own if predicate.bit is not None
        ]
        return e.And(tuple([predicate.formula if digit else e.Not(predicate.formula) for predicate, digit in digits]))

    def _conditional(self, cases: Sequence[tuple[Expr, Expr]]) -> Expr:
        """Return a choice by cases, of which the last one is all the rest."""
        *others, (_, result) = cases
        for condition, formula in reversed(others):
            result = _choice(condition, formula, result)
        return result


def _choice(condition: Expr, yes: Expr, no: Expr) -> Expr:
    if yes is _YES and no is _NO:
        return condition
    if yes is _NO and no is _YES:
        return e.Not(condition)
    if yes is _YES:
        return e.Or((condition, no))
    if no is _NO:
        return e.And((condition, yes))
    if yes is _NO:
        return e.And((e.Not(condition), no))
    if no is _YES:
        return e.Implies(condition, yes)
    return e.Ite(condition, yes, no)
