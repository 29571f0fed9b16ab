"""From the cubes that an engine has blocked to an inductive invariant that reads like an argument: no clause too many, and each said of any elements of a sort.

A cube with all its images under permutations of a sort's elements stands or falls as a whole (Ip and Dill, 1996): it is one formula with quantifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
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
from pluscheck.ground.predicates import Predicate, symmetries, value_expr

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
class _Scalar:
    """Something that has exactly one of several values; each is the predicate that says so, or its negation, or 0 for "it is not there".

    `there` is the predicate of an option that says that there is something in it.
    """

    values: frozenset[int]
    is_counter: bool
    there: int | None = None


_Box = Mapping[int, frozenset[int]]
"""A cube by scalars: for the position of each, the values that it may have, not all of them."""

_FrozenBox = tuple[tuple[int, frozenset[int]], ...]
"""The same as a value, sorted by position."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """Nothing is in the box; or, with `equal`, what is in it has two scalars that are equal."""

    box: _FrozenBox
    equal: tuple[int, int] | None = None


class _Reader:
    """Says cubes as formulas."""

    def __init__(self, bits: BitSystem) -> None:
        self._predicates: Sequence[Predicate] = bits.predicates
        system = bits.system.system
        is_quantified = is_symmetric(system)
        self._sorts = frozenset(system.scope) if is_quantified else frozenset[str]()
        """Those whose elements are quantified; in a system that names some, they stand as they are."""
        self._images = symmetries(bits.system, bits.predicates) if is_quantified else ()
        counters = {f"variable {v.name}" for v in system.variables if v.role is Role.PROGRAM_COUNTER}
        self._scalars: list[_Scalar] = []
        self._scalar_of: dict[int, int] = {}
        for numbers in _by_scalar(self._predicates):
            self._add_scalar(numbers, is_counter=self._predicates[numbers[0] - 1].path[0][0] in counters)

    def _add_scalar(self, numbers: Sequence[int], *, is_counter: bool) -> None:
        for number in numbers:
            self._scalar_of[number] = len(self._scalars)
        kinds = {number: self._predicates[number - 1].path[-1][0] for number in numbers}
        values = [number for number, kind in kinds.items() if kind == "is"]
        there = next((number for number, kind in kinds.items() if kind == "is some"), None)
        if not values:
            self._scalars.append(_Scalar(frozenset([numbers[0], -numbers[0]]), is_counter))
            return
        may_be_absent = there is not None or isinstance(self._predicates[values[0] - 1].formula, e.And)
        self._scalars.append(_Scalar(frozenset([*values, *([0] if may_be_absent else [])]), is_counter, there))

    # ------------------------------------------------------------------------------------------- boxes

    def _box(self, cube: Cube) -> _Box | None:
        """Return a cube by scalars; None if nothing can be in it."""
        found: dict[int, frozenset[int]] = {}
        for literal in cube:
            position = self._scalar_of[abs(literal)]
            scalar = self._scalars[position]
            if abs(literal) == scalar.there:
                said = scalar.values - {0} if literal > 0 else frozenset([0])
            elif literal in scalar.values:
                said = frozenset([literal])
            else:
                said = scalar.values - {-literal}
            found[position] = found.get(position, scalar.values) & said
        return found if all(found.values()) else None

    def _orbit(self, box: _FrozenBox) -> list[_FrozenBox]:
        """Return all images of a box, itself first."""
        found = {box: None}
        pending = [box]
        while pending:
            one = pending.pop()
            for row in self._images:
                image = _frozen({self._moved(at, row): self._image(values, row) for at, values in one})
                if image not in found:
                    found[image] = None
                    pending.append(image)
        return list(found)

    def _moved(self, position: int, row: Sequence[int]) -> int:
        some = max(self._scalars[position].values)
        return self._scalar_of[abs(row[some - 1])]

    def _image(self, values: frozenset[int], row: Sequence[int]) -> frozenset[int]:
        return frozenset([row[x - 1] if x > 0 else -row[-x - 1] if x else 0 for x in values])

    def _merged(self, boxes: Sequence[_FrozenBox]) -> list[_FrozenBox]:
        """Put boxes together that differ in one scalar only, those that differ in where a process is first."""
        found = list(boxes)
        for of_counters in (True, False):
            count = -1
            while count != len(found):
                count = len(found)
                found = self._merged_once(found, of_counters=of_counters)
        return found

    def _merged_once(self, boxes: Sequence[_FrozenBox], *, of_counters: bool) -> list[_FrozenBox]:
        known: dict[tuple[int, _FrozenBox], tuple[int, frozenset[int]]] = {}
        """For a scalar and what is said of the others, a box (by position) that has an image like that, and what this says of the scalar."""
        found: list[_FrozenBox | None] = []
        for box in boxes:
            place = len(found)
            current = box
            for position, values in box:
                if self._scalars[position].is_counter != of_counters:
                    continue
                rest = tuple([part for part in box if part[0] != position])
                other = known.get((position, rest))
                if other is not None and found[other[0]] is not None:
                    whole = values | other[1]
                    current = (
                        rest if whole == self._scalars[position].values else _frozen({**dict(rest), position: whole})
                    )
                    found[other[0]] = None
                    break
            found.append(current)
            for image in self._orbit(current):
                for position, values in image:
                    if self._scalars[position].is_counter == of_counters:
                        known[position, tuple([part for part in image if part[0] != position])] = (place, values)
        return [box for box in found if box is not None]

    def _claims(self, boxes: Sequence[_FrozenBox]) -> list[_Claim]:
        """Return what is said by the boxes, two that together say that two scalars are equal as one."""
        left = dict.fromkeys(boxes)
        of = {image: box for box in boxes for image in self._orbit(box)}
        found: list[_Claim] = []
        for box in boxes:
            if box not in left:
                continue
            del left[box]
            equal: tuple[int, int] | None = None
            for one, other in combinations([position for position, _ in box], 2):
                wanted = self._opposite(box, one, other)
                opposite = None if wanted is None else of.get(wanted)
                if opposite in left:
                    del left[opposite]
                    equal = (one, other)
                    break
            found.append(_Claim(_frozen({at: v for at, v in box if equal is None or at not in equal}), equal))
        return found

    def _opposite(self, box: _FrozenBox, one: int, other: int) -> _FrozenBox | None:
        """Return the box with the values of two scalars, which are different and two of the same two values, exchanged for the others."""
        values = dict(box)
        kinds = [self._predicates[max(self._scalars[at].values) - 1].path[-1] for at in (one, other)]
        alike = kinds[0] == kinds[1] and kinds[0][0] == "one of two"
        if not alike or max(values[one]) * max(values[other]) > 0:
            return None
        return _frozen({**values, **{at: self._scalars[at].values - values[at] for at in (one, other)}})

    def conjuncts(self, orbits: Sequence[Orbit]) -> Iterator[Expr]:
        """Yield a formula for all that is said of the same program counters at the same places."""
        boxes = [_frozen(box) for box in [self._box(min(orbit)) for orbit in orbits] if box is not None]
        groups: dict[_FrozenBox, list[_Claim]] = {}
        for claim in self._claims(self._merged(boxes)):
            where, rest = self._placed(claim)
            groups.setdefault(where, []).append(rest)
        for where, rests in sorted(groups.items(), key=lambda item: _order(item[0])):
            if where:
                yield self._said(where, sorted(rests, key=lambda rest: _order(rest.box)))
            else:
                for rest in sorted(rests, key=lambda rest: _order(rest.box)):
                    yield self._said((), [rest])

    def _placed(self, claim: _Claim) -> tuple[_FrozenBox, _Claim]:
        """Return what an image of a claim says of program counters, and the rest of it: of all images, those that come first."""
        counters = [(self._where(box), box) for box in self._orbit(claim.box)] if claim.equal is None else []
        if not counters:
            return self._where(claim.box), _Claim(self._elsewhere(claim.box), claim.equal)
        where, box = min(counters, key=lambda pair: (_order(pair[0]), _order(pair[1])))
        return where, _Claim(self._elsewhere(box))

    def _where(self, box: _FrozenBox) -> _FrozenBox:
        return tuple([part for part in box if self._scalars[part[0]].is_counter])

    def _elsewhere(self, box: _FrozenBox) -> _FrozenBox:
        return tuple([part for part in box if not self._scalars[part[0]].is_counter])

    # ---------------------------------------------------------------------------------------- formulas

    def _said(self, where: _FrozenBox, claims: Sequence[_Claim]) -> Expr:
        """Return: for all that `where` mentions, if the counters are there, then what the claims say."""
        place = where
        if where and claims == [_Claim(())]:
            *others, last = where
            place, claims = tuple(others), [_Claim((last,))]
        names: dict[Atom, str] = {}
        conditions = [self._among(position, values) for position, values in place]
        outer = self._named(conditions, names)
        bodies: list[Expr] = []
        for claim in claims:
            body = self._denied(claim)
            inner = dict(names)
            binders = self._named([body], inner)
            bodies.append(_bound(binders, renamed(body, inner)))
        whole = _implied([renamed(condition, names) for condition in conditions], _all(bodies))
        return _bound(outer, whole)

    def _denied(self, claim: _Claim) -> Expr:
        """Return that nothing is in the box: if what it says in few values is so, then the rest is not."""
        conditions: list[Expr] = []
        alternatives: list[Expr] = []
        last: tuple[int, frozenset[int]] | None = None
        for position, values in claim.box:
            others = self._scalars[position].values - values
            if len(values) < len(others) or (len(values) == len(others) and max(values) > 0):
                if last is not None:
                    conditions.append(self._among(*last))
                last = (position, values)
            else:
                alternatives.append(self._among(position, others))
        if claim.equal is not None:
            one, other = [self._split(max(self._scalars[at].values))[1] for at in claim.equal]
            alternatives.insert(0, e.Eq(one.left, other.left))
        if last is not None:
            if alternatives:
                conditions.append(self._among(*last))
            else:
                alternatives.append(self._among(last[0], self._scalars[last[0]].values - last[1]))
        return _implied(conditions, _either(alternatives) if alternatives else e.Lit(False))

    def _among(self, position: int, values: frozenset[int]) -> Expr:
        """Return that a scalar has one of some of its values."""
        scalar = self._scalars[position]
        others = scalar.values - values
        if 0 in values or (len(others) < len(values) and 0 not in others):
            if values == {0} and scalar.there is not None:
                return _negation(self._predicates[scalar.there - 1].formula)
            return _negation(self._among(position, others))
        if others == {0} and scalar.there is not None:
            return self._predicates[scalar.there - 1].formula
        chosen = sorted(values)
        if len(chosen) == 1:
            return self._formula(chosen[0])
        parts = [self._split(number) for number in chosen]
        around, first = parts[0]
        one_of = e.In(first.left, e.SetLit(tuple([equation.right for _, equation in parts])))
        return e.And((*around, one_of)) if around else one_of

    def _formula(self, literal: int) -> Expr:
        predicate = self._predicates[abs(literal) - 1]
        if literal > 0:
            return predicate.formula
        kind, value = predicate.path[-1]
        if kind == "one of two" and isinstance(value, tuple):
            return e.Eq(self._split(-literal)[1].left, value_expr(value[1]))
        return _negation(predicate.formula)

    def _split(self, number: int) -> tuple[tuple[Expr, ...], e.Eq]:
        """Return the formula of a predicate that says that something has a value: under which conditions, and the equation."""
        formula = self._predicates[number - 1].formula
        around: tuple[Expr, ...] = ()
        if isinstance(formula, e.And):
            *parts, formula = formula.args
            around = tuple(parts)
        if not isinstance(formula, e.Eq):
            raise InternalError("a predicate of a value is no equation")
        return around, formula

    def _named(self, formulas: Sequence[Expr], names: dict[Atom, str]) -> list[e.Binder]:
        """Give every element of a sort that is mentioned and has no name yet one; return its binder, apart from those of the same sort before it."""
        mentioned = {
            atom: None
            for term in subterms(formulas)
            if isinstance(term, e.Lit)
            for atom in _atoms(term.value)
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


def _by_scalar(predicates: Sequence[Predicate]) -> Iterable[Sequence[int]]:
    """Return the numbers of the predicates, those of one scalar together: what says that an option is there goes with what says what is in it."""
    of_values = {predicate.path[:-1] for predicate in predicates if predicate.path[-1][0] == "is"}
    found: dict[object, list[int]] = {}
    for number, predicate in enumerate(predicates, 1):
        kind = predicate.path[-1][0]
        shared = kind == "is" or (kind == "is some" and predicate.path[:-1] in of_values)
        found.setdefault(predicate.path[:-1] if shared else number, []).append(number)
    return found.values()


def _frozen(box: _Box) -> _FrozenBox:
    return tuple(sorted(box.items()))


def _order(box: _FrozenBox) -> tuple[object, ...]:
    """Return what to sort boxes by."""
    return (len(box), [(position, sorted(values)) for position, values in box])


def _implied(conditions: Sequence[Expr], body: Expr) -> Expr:
    if not conditions:
        return body
    return e.Implies(_all(conditions), body)


def _all(formulas: Sequence[Expr]) -> Expr:
    return formulas[0] if len(formulas) == 1 else e.And(tuple(formulas))


def _negation(formula: Expr) -> Expr:
    return formula.operand if isinstance(formula, e.Not) else e.Not(formula)


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
    made: dict[int, Any] = {}  # what is shared stays shared

    def rebuilt(part: Any) -> Any:
        match part:
            case e.Lit(Atom() as atom) if atom in names:
                return e.Local(names[atom])
            case e.Lit():
                return part
            case e.Node():
                if id(part) not in made:
                    fields: tuple[str, ...] = part.__match_args__
                    made[id(part)] = replace(part, **{name: rebuilt(getattr(part, name)) for name in fields})
                return made[id(part)]
            case tuple():
                return tuple([rebuilt(item) for item in part])
            case _:
                return part

    with deep_recursion(formula.span):
        result: Expr = rebuilt(formula)
    return result


def is_symmetric(system: TransitionSystem) -> bool:
    """Return whether the system names no element of a sort: then permutations of them are automorphisms.

    No specification can name one; but a procedure's variables hold the first of a sort while nobody runs it.
    """
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
