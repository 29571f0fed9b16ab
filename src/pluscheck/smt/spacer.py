"""Z3's Spacer (Komuravelli, Gurfinkel, Chaki, CAV 2014) on a transition system of Booleans: whether a bad state is reached, and if not, which clauses show it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from z3.z3consts import Z3_OP_AND, Z3_OP_NOT, Z3_OP_OR, Z3_OP_TRUE, Z3_VAR_AST
from z3.z3types import Pattern

from pluscheck.base.answers import Answer, Gave, at_work
from pluscheck.smt import library as lib
from pluscheck.smt.library import Library, Sort, Term, Z3Exception, array, z
from pluscheck.smt.solver import limit_memory, why_not

Clause = tuple[int, ...]
"""A disjunction over state bits, counted from 1, negative where the bit is false."""

_PLAIN = ("xform.slice", "xform.inline_eager", "xform.inline_linear")
"""What Spacer would do to the rules before it solves them: its answer would be about other relations."""


@dataclass(frozen=True, slots=True)
class BooleanSystem:
    """A transition system as an and-inverter graph: literals are twice a node's number, plus 1 if negated, and node 0 is FALSE.

    `left` and `right` are the operands of each node, -1 where it is an input. `state` are the bits of a state and `next` what they are after a step in which `step` is
    true; `typed` is true in all states, `init` in initial ones; `bad` is what should not be, of a state or of a step in it.
    """

    left: Sequence[int]
    right: Sequence[int]
    state: Sequence[int]
    next: Sequence[int]
    typed: int
    init: int
    step: int
    bad: int


@dataclass(frozen=True, slots=True)
class Spacered:
    """Spacer's answer to "is a bad state reached": of UNSAT, the clauses that show it, or None if its answer is not made of clauses; of UNKNOWN, why."""

    answer: Answer
    clauses: tuple[Clause, ...] | None = None
    gave: Gave | None = None


def spacered(system: BooleanSystem, *, seconds: float | None, memory: int | None) -> Spacered:
    """Return Spacer's answer, within wall seconds and megabytes."""
    return _Spacer(system).answer(seconds, memory)


class _Spacer:
    """The rules of one system."""

    def __init__(self, system: BooleanSystem) -> None:
        self._system = system
        self._library = library = Library()
        context = library.context
        self._interrupted = False
        self._constants: list[Term] = []
        self._handle = z.Z3_mk_fixedpoint(context)
        z.Z3_fixedpoint_inc_ref(context, self._handle)
        self._terms: dict[int, Term] = {0: library.false}
        width = len(system.state)
        for literal in system.state:
            self._terms[literal >> 1] = self._constant()
        now = [self._terms[literal >> 1] for literal in system.state]
        then = [self._constant() for _ in system.state]
        self._reached = self._relation("reached", width)
        bad = self._relation("bad", 0)
        of = self._literals([system.init, system.typed, system.step, system.bad, *system.next])
        init, typed, step, wrong, *after = of
        follows = [lib.mk_eq(context, x, y) for x, y in zip(then, after, strict=True)]
        here = self._apply(self._reached, now)
        self._rule([init, typed], here, "initial")
        self._rule([here, typed, step, *follows], self._apply(self._reached, then), "step")
        self._bad = self._apply(bad, [])
        self._rule([here, typed, wrong], self._bad, "bad")
        library.check()

    def __del__(self) -> None:
        library = getattr(self, "_library", None)
        if library is not None and library.open and z is not None:
            z.Z3_fixedpoint_dec_ref(library.context, self._handle)

    def _relation(self, name: str, width: int) -> object:
        library = self._library
        context = library.context
        sorts = (Sort * width)(*([library.bool_sort] * width))
        symbol = z.Z3_mk_string_symbol(context, name)
        relation = z.Z3_mk_func_decl(context, symbol, width, sorts, library.bool_sort)
        z.Z3_fixedpoint_register_relation(context, self._handle, relation)
        return relation

    def _apply(self, relation: object, terms: Sequence[Term]) -> Term:
        return z.Z3_mk_app(self._library.context, relation, len(terms), array(terms))

    def _literals(self, literals: Sequence[int]) -> list[Term]:
        """Return the terms of literals; inputs that are not of the state become constants."""
        context, terms = self._library.context, self._terms
        left, right = self._system.left, self._system.right

        def term(literal: int) -> Term:
            node = terms[literal >> 1]
            return lib.mk_not(context, node) if literal & 1 else node

        stack = [literal >> 1 for literal in literals]
        while stack:
            node = stack[-1]
            if node in terms:
                stack.pop()
            elif left[node] < 0:
                terms[node] = self._constant()
            else:
                missing = [x >> 1 for x in (left[node], right[node]) if x >> 1 not in terms]
                if missing:
                    stack += missing
                else:
                    terms[node] = self._library.conjunction([term(left[node]), term(right[node])])
        return [term(literal) for literal in literals]

    def _rule(self, body: Sequence[Term], head: Term, name: str) -> None:
        """Add "for all values of the constants, the head follows from the body"."""
        library = self._library
        context = library.context
        rule = lib.mk_implies(context, library.conjunction(body), head)
        bound = self._constants
        closed = z.Z3_mk_forall_const(context, 0, len(bound), array(bound), 0, (Pattern * 0)(), rule)
        z.Z3_fixedpoint_add_rule(context, self._handle, closed, z.Z3_mk_string_symbol(context, name))

    def _constant(self) -> Term:
        constant = self._library.constant(None)
        self._constants.append(constant)
        return constant

    def answer(self, seconds: float | None, memory: int | None) -> Spacered:
        """Return whether a bad state is reached."""
        context = self._library.context
        if seconds is not None and seconds <= 0:
            return Spacered(Answer.UNKNOWN, gave=Gave.TIME)
        self._set_parameters(seconds)
        started = time.monotonic()
        limit_memory(memory)
        try:
            with at_work(self):
                code = z.Z3_fixedpoint_query(context, self._handle, self._bad)
        except Z3Exception as error:  # so it answers when it is told to stop
            code, why = 0, why_not(str(error))
        else:
            why = why_not(z.Z3_fixedpoint_get_reason_unknown(context, self._handle)) if code == 0 else Gave.UP
        finally:
            limit_memory(None)
        match code:
            case 1:
                return Spacered(Answer.SAT)
            case -1:
                return Spacered(Answer.UNSAT, self._clauses())
        if self._interrupted:
            why = Gave.INTERRUPTED
        elif seconds is not None and time.monotonic() - started >= seconds:
            why = Gave.TIME
        return Spacered(Answer.UNKNOWN, gave=why)

    def _set_parameters(self, seconds: float | None) -> None:
        context = self._library.context
        params = z.Z3_mk_params(context)
        z.Z3_params_inc_ref(context, params)

        def symbol(name: str) -> object:
            return z.Z3_mk_string_symbol(context, name)

        z.Z3_params_set_symbol(context, params, symbol("engine"), symbol("spacer"))
        for name in (*_PLAIN, "ctrl_c"):
            z.Z3_params_set_bool(context, params, symbol(name), False)
        if seconds is not None:
            z.Z3_params_set_uint(context, params, symbol("timeout"), max(1, min(int(seconds * 1000), 2**31)))
        z.Z3_fixedpoint_set_params(context, self._handle, params)
        z.Z3_params_dec_ref(context, params)

    def _clauses(self) -> tuple[Clause, ...] | None:
        """Return what Spacer says of reached states."""
        cover = z.Z3_fixedpoint_get_cover_delta(self._library.context, self._handle, -1, self._reached)
        clauses: list[Clause] = []
        pending = [cover]
        while pending:
            term = pending.pop()
            kind, arguments = self._parts(term)
            if kind == Z3_OP_AND:
                pending += arguments
            elif kind != Z3_OP_TRUE:
                clause = self._clause(term)
                if clause is None:
                    return None
                clauses.append(clause)
        return tuple(sorted(clauses, key=lambda clause: (len(clause), clause)))

    def _clause(self, term: Term) -> Clause | None:
        """Return a clause; None if the term is none. A negated conjunction is one too."""
        found: list[int] = []
        pending = [(term, False)]
        while pending:
            part, negated = pending.pop()
            kind, arguments = self._parts(part)
            if kind == Z3_OP_NOT:
                pending.append((arguments[0], not negated))
            elif kind == (Z3_OP_AND if negated else Z3_OP_OR):
                pending += [(argument, negated) for argument in arguments]
            elif kind is None:
                number = z.Z3_get_index_value(self._library.context, part) + 1
                found.append(-number if negated else number)
            else:
                return None
        return tuple(sorted(found, key=abs))

    def _parts(self, term: Term) -> tuple[int | None, list[Term]]:
        """Return which function is applied, and to what; None for a variable, which stands for a bit of the state by its position."""
        context = self._library.context
        if z.Z3_get_ast_kind(context, term) == Z3_VAR_AST:
            return None, []
        function = z.Z3_get_decl_kind(context, z.Z3_get_app_decl(context, term))
        return function, [lib.get_app_arg(context, term, i) for i in range(z.Z3_get_app_num_args(context, term))]

    def interrupt(self) -> None:
        """Make a query that another thread has under way give up soon."""
        self._interrupted = True
        z.Z3_interrupt(self._library.context)
