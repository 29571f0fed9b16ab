"""From the cubes that an engine has blocked to an inductive invariant that reads like an argument: no clause too many, and each said of any elements of a sort.

A cube with all its images under permutations of a sort's elements stands or falls as a whole (Ip and Dill, 1996): it is one formula with quantifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pluscheck.base.answers import Answer
from pluscheck.base.errors import InternalError
from pluscheck.bits.cnf import template
from pluscheck.bits.solver import SatSolver
from pluscheck.bits.system import BitSystem
from pluscheck.core import exprs as e
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.exprs import Expr
from pluscheck.core.sites import evaluated
from pluscheck.core.system import PropertyKind, Role, TransitionSystem
from pluscheck.core.types import SortType
from pluscheck.core.values import Atom, Function, Record, Some, Value
from pluscheck.core.walk import subterms
from pluscheck.evidence.verdict import InductiveInvariant
from pluscheck.ground.predicates import Predicate

Cube = tuple[int, ...]
"""A conjunction over predicates, sorted by their numbers, which count from 1 and are negative where the predicate is false."""

Orbit = tuple[Cube, ...]
"""A cube with all its images."""

_TRIALS: Final = 20_000
"""So many questions may be asked to find out what can be left out: a few seconds."""


@dataclass(frozen=True, slots=True)
class Goals:
    """What the invariant is to show: properties by name, those among them that hold of states (and so can be part of it), and lemmas that are known to hold."""

    names: tuple[str, ...]
    of_states: tuple[str, ...]
    lemmas: tuple[str, ...]


class NotSolvedError(Exception):
    """The solver was told to stop."""


# ------------------------------------------------------------------------------------------ minimising


@dataclass(slots=True)
class Minimiser:
    """Finds, among orbits that together are inductive and show the goals, few that do.

    `known` are literals over the state that are true in all reachable states. Raises NotSolvedError from `orbits`.
    """

    bits: BitSystem
    goals: Goals
    known: Sequence[int]
    stop: Callable[[], Any]
    _solver: SatSolver = field(init=False)
    _switches: list[int] = field(default_factory=list)
    _trials: int = _TRIALS

    def orbits(self, given: Sequence[Orbit]) -> list[Orbit]:
        """Return the orbits that are needed, in the order given."""
        questions = self._questions(given)
        goals = len(questions) - len(given)
        everything = range(len(given))
        needed: set[int] = set()
        pending = list(range(goals))
        while pending:
            question = questions[pending.pop(0)]
            if self._follows(question, needed):
                continue
            core = self._core(question, everything)
            for one in self._smaller(question, needed, core - needed):
                needed.add(one)
                pending.append(goals + one)
        for one in sorted(needed, key=lambda i: (-len(given[i][0]), -i)):
            rest = needed - {one}
            if all(self._follows(questions[i], rest) for i in (*range(goals), *(goals + i for i in rest))):
                needed = rest
            if self._trials <= 0:
                break
        return [given[one] for one in sorted(needed)]

    def _questions(self, given: Sequence[Orbit]) -> list[list[int]]:
        """Load the solver; return what must have no solution: for the goals first, then for each orbit, as assumptions."""
        bits, goals = self.bits, self.goals
        circuit = bits.circuit
        bad = {name: bits.bad(name) for name in goals.names}
        after = dict(zip(goals.of_states, bits.after_step([bad[n].state for n in goals.of_states]), strict=True))
        roots = [*bits.next, bits.step, *bits.typed_parts, *self.known, *after.values()]
        roots += [literal for where in bad.values() for literal in (where.state, where.step)]
        made = template(circuit, roots, [*bits.state, *bits.selectors])
        self._solver = solver = SatSolver(made.clauses, stop=self.stop)
        for literal in (*bits.typed_parts, *self.known):
            solver.add([made.literal(literal)])
        for name in goals.of_states:
            solver.add([-made.literal(bad[name].state)])
        size = made.size
        for orbit in given:
            size += 1
            self._switches.append(size)
            for cube in orbit:
                solver.add([-size, *[-literal for literal in cube]])
        step = made.literal(bits.step)
        found: list[list[int]] = []
        for name in goals.names:
            if name in after:
                found.append([step, made.literal(after[name])])
            else:
                found.append([made.literal(bad[name].state)])
                found.append([made.literal(bad[name].step)])
        following = [made.literal(literal) for literal in bits.next]
        found += [[step, *[following[x - 1] if x > 0 else -following[-x - 1] for x in orbit[0]]] for orbit in given]
        return found

    def _solve(self, question: Sequence[int], among: Sequence[int]) -> Answer:
        self._trials -= 1
        answer = self._solver.solve([*[self._switches[one] for one in among], *question])
        if answer is Answer.UNKNOWN:
            raise NotSolvedError
        return answer

    def _follows(self, question: Sequence[int], among: set[int]) -> bool:
        return self._solve(question, sorted(among)) is Answer.UNSAT

    def _core(self, question: Sequence[int], among: Sequence[int]) -> set[int]:
        if self._solve(question, among) is not Answer.UNSAT:
            raise InternalError("clauses that are said to be inductive are not")
        core = set(self._solver.core())
        return {one for one, switch in enumerate(self._switches) if switch in core}

    def _smaller(self, question: Sequence[int], needed: set[int], extra: set[int]) -> list[int]:
        """Return few of `extra` that the question needs beside what is needed already."""
        kept = set(extra)
        for one in sorted(extra, reverse=True):
            if self._trials > 0 and self._follows(question, needed | (kept - {one})):
                kept.discard(one)
        return sorted(kept)


# --------------------------------------------------------------------------------------------- reading


def invariant(bits: BitSystem, orbits: Sequence[Orbit], goals: Goals) -> InductiveInvariant:
    """Return the invariant that blocks the cubes and is part of the goals that hold of states."""
    return InductiveInvariant(tuple(_Reader(bits).conjuncts(orbits)), (*goals.of_states, *goals.lemmas))


@dataclass(frozen=True, slots=True)
class _Case:
    """A cube in which program counters have one of several values: for each of their leaves the predicates, and the rest."""

    where: tuple[tuple[int, ...], ...]
    rest: Cube


class _Reader:
    """Says cubes as formulas."""

    def __init__(self, bits: BitSystem) -> None:
        self._predicates: Sequence[Predicate] = bits.predicates
        system = bits.system.system
        self._sorts = frozenset(system.scope) if is_symmetric(system) else frozenset[str]()
        """Those whose elements are quantified; in a system that names some, they stand as they are."""
        counters = {f"variable {v.name}" for v in system.variables if v.role is Role.PROGRAM_COUNTER}
        self._is_counter = [p.path[0][0] in counters and p.path[-1][0] == "is" for p in self._predicates]

    def conjuncts(self, orbits: Sequence[Orbit]) -> Iterator[Expr]:
        """Yield a formula for all that is said of the same program counters at the same places."""
        claims: dict[tuple[tuple[int, ...], ...], list[Cube]] = {}
        for case in self._merged([_Case((), min(orbit)) for orbit in orbits]):
            claims.setdefault(case.where, []).append(case.rest)
        for where, rests in sorted(claims.items(), key=lambda item: (bool(item[0]), item[0])):
            if where:
                yield self._claim(where, rests)
            else:
                for rest in rests:
                    yield self._claim((), [rest])

    def _merged(self, cases: Sequence[_Case]) -> list[_Case]:
        """Take program counters out of the cubes, and put cubes together that differ only in the value of one."""
        found = [_Case(tuple([(x,) for x in c.rest if self._counts(x)]), self._others(c.rest)) for c in cases]
        widest = max((len(case.where) for case in found), default=0)
        for position in range(widest):
            groups: dict[Any, set[int]] = {}
            for case in found:
                if position >= len(case.where):
                    groups[case, None] = set()
                    continue
                own = case.where[position]
                leaf = self._predicates[own[0] - 1].leaf
                around = (case.where[:position], case.where[position + 1 :])
                groups.setdefault((leaf, around, case.rest), set()).update(own)
            found = []
            for key, values in groups.items():
                if key[-1] is None:
                    found.append(key[0])
                else:
                    _, (before, behind), rest = key
                    found.append(_Case((*before, tuple(sorted(values)), *behind), rest))
        return found

    def _counts(self, literal: int) -> bool:
        return literal > 0 and self._is_counter[literal - 1]

    def _others(self, cube: Cube) -> Cube:
        return tuple([x for x in cube if not self._counts(x)])

    # ---------------------------------------------------------------------------------------- formulas

    def _claim(self, where: Sequence[Sequence[int]], rests: Sequence[Cube]) -> Expr:
        """Return: for all that `where` mentions, if the counters are there, then none of the rests."""
        place = [_either([self._formula(x) for x in values]) for values in where]
        names: dict[Atom, str] = {}
        outer = self._named([*(x for values in where for x in values)], names)
        bodies: list[Expr] = []
        for rest in rests:
            inner = dict(names)
            binders = self._named(rest, inner)
            bodies.append(_bound(binders, renamed(self._denied(rest), inner)))
        body: Expr = bodies[0] if len(bodies) == 1 else e.And(tuple(bodies))
        if place:
            condition = renamed(place[0] if len(place) == 1 else e.And(tuple(place)), names)
            body = e.Not(condition) if rests == [()] else e.Implies(condition, body)
        return _bound(outer, body)

    def _formula(self, literal: int) -> Expr:
        formula = self._predicates[abs(literal) - 1].formula
        return formula if literal > 0 else e.Not(formula)

    def _denied(self, cube: Cube) -> Expr:
        """Return that not everything in the cube is true: if what is positive is, then some of the rest is not."""
        there = [self._formula(x) for x in cube if x > 0]
        alternatives = [self._formula(-x) for x in cube if x < 0]
        if not alternatives:
            if not there:
                return e.Lit(False)
            alternatives = [e.Not(there.pop())]
        result = _either(alternatives)
        if there:
            result = e.Implies(there[0] if len(there) == 1 else e.And(tuple(there)), result)
        return result

    def _named(self, literals: Sequence[int], names: dict[Atom, str]) -> list[e.Binder]:
        """Give every element of a sort that is mentioned and has no name yet one; return its binder, apart from those of the same sort before it."""
        mentioned = {
            atom: None
            for x in literals
            for _, value in self._predicates[abs(x) - 1].path
            for atom in _atoms(value)
            if atom.family in self._sorts
        }
        binders: list[e.Binder] = []
        for atom in sorted(mentioned, key=lambda a: (a.family, a.index)):
            if atom in names:
                continue
            others = [e.Local(name) for other, name in names.items() if other.family == atom.family]
            initials = "".join(letter for letter in atom.family if letter.isupper()).lower() or atom.family[0]
            name = initials + (str(len(others) + 1) if others else "")
            taken = set(names.values())
            while name in taken:
                name += "_"
            whole: Expr = e.AllOf(SortType(atom.family))
            domain = e.SetBinary(e.SetOp.MINUS, whole, e.SetLit(tuple(others))) if others else whole
            binders.append(e.Binder(name, domain))
            names[atom] = name
        return binders


def _either(formulas: Sequence[Expr]) -> Expr:
    return formulas[0] if len(formulas) == 1 else e.Or(tuple(formulas))


def _bound(binders: Sequence[e.Binder], body: Expr) -> Expr:
    for binder in reversed(binders):
        body = e.Forall((binder,), body)
    return body


def _atoms(value: Value) -> Iterator[Atom]:
    match value:
        case Atom():
            yield value
        case Some(inner):
            yield from _atoms(inner)
        case Record(pairs):
            for _, item in pairs:
                yield from _atoms(item)
        case Function(pairs):
            for argument, item in pairs:
                yield from _atoms(argument)
                yield from _atoms(item)
        case tuple() | frozenset():
            for item in value:
                yield from _atoms(item)
        case _:
            return


def renamed(formula: Expr, names: Mapping[Atom, str]) -> Expr:
    """Return a formula with bound names in place of elements that stand in it as literals."""

    def rebuilt(part: Any) -> Any:
        match part:
            case e.Lit(Atom() as atom) if atom in names:
                return e.Local(names[atom])
            case e.Lit():
                return part
            case e.Node():
                fields: tuple[str, ...] = part.__match_args__
                return replace(part, **{name: rebuilt(getattr(part, name)) for name in fields})
            case tuple():
                return tuple([rebuilt(item) for item in part])
            case _:
                return part

    with deep_recursion(formula.span):
        result: Expr = rebuilt(formula)
    return result


def is_symmetric(system: TransitionSystem) -> bool:
    """Return whether the system names no element of a sort, as no specification can: then permutations of them are automorphisms."""
    terms = subterms(evaluated(system))
    named = [atom for term in terms if isinstance(term, e.Lit) for atom in _atoms(term.value)]
    named += [atom for constant in system.constants for atom in _atoms(constant.value)]
    named += [atom for operator in _operator_literals(system) for atom in _atoms(operator)]
    return not any(atom.family in system.scope for atom in named)


def _operator_literals(system: TransitionSystem) -> Iterator[Value]:
    for term in subterms([operator.body for operator in system.operators.values()]):
        if isinstance(term, e.Lit):
            yield term.value


STATE_KINDS: Final = frozenset({PropertyKind.INVARIANT, PropertyKind.LEMMA})
"""Kinds of property that hold of a state, or not, and so can be part of an invariant."""
