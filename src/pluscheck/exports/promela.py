"""A ground system in Promela, for Spin (Holzmann, The Spin Model Checker, 2003): one process, whose steps are the actions, each for one choice of arguments.

The state is a variable of as few bits as it needs for each scalar. A step is a `d_step`, so that Spin stores the states between steps and no others: as many as there are, and
one more, in which nothing was chosen yet, if there are several initial ones. What is violated in a state is an option of the loop that fails an assertion and leaves the
state as it is; what is violated by a step is asserted in the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pluscheck.core.semantics import FaultyStart, initial_states, no_initial_state
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, TransitionSystem
from pluscheck.core.values import show
from pluscheck.exports.identifiers import Identifiers, in_ascii
from pluscheck.exports.promela_initial import choices_of
from pluscheck.exports.promela_terms import Terms, is_computed, sizes_of
from pluscheck.ground.dag import FALSE
from pluscheck.ground.expressions import too_large
from pluscheck.ground.ground import GroundAction, GroundSystem
from pluscheck.ground.leaves import Leaf
from pluscheck.ground.violations import violation

MOST_TERMS = 2_000_000
"""A file has at most so many terms: some tens of megabytes."""


def promela(system: GroundSystem, names: Sequence[str]) -> str:
    """Return the system with the properties of these names. Raises SpecError if it is too large, or has no initial state."""
    return _Writer(system, names).text()


def claims_of(names: Sequence[str]) -> dict[str, str]:
    """Return what properties are called in what is asked of Spin: `CHECK_` and `p_` stand before it."""
    claims = Identifiers()
    implicit = {name: claims.fresh(name) for name in (DEADLOCK, FAULTS)}
    return {name: implicit.get(name) or claims.fresh(name) for name in names}


class _Writer:
    def __init__(self, system: GroundSystem, names: Sequence[str]) -> None:
        self.system = system
        self.names = names
        identifiers = Identifiers()
        self.variables = [f"v_{identifiers.fresh(leaf.name)}" for leaf in system.leaves]
        self.claims = claims_of(names)
        self.current = {leaf.node: _read(leaf, v) for leaf, v in zip(system.leaves, self.variables, strict=True)}
        self.terms = Terms(system.dag, self.current)
        self.violations = {name: violation(system, name) for name in names}
        self._check_size()
        starts = list(initial_states(system.system))
        self.initial = [system.layout.encode(state) for state in starts if not isinstance(state, FaultyStart)]
        self.starts_faulty = any(isinstance(state, FaultyStart) for state in starts)
        if not starts:
            raise no_initial_state(system.system)
        self.scratch = 0

    def _check_size(self) -> None:
        system = self.system
        states = [violation.state for violation in self.violations.values()]
        states += [system.terminal, *system.terminal_faults.values(), *[fault.condition for fault in system.faults]]
        steps = [violation.step for violation in self.violations.values()]
        once = [*states, *[action.guard for action in system.actions]]
        once += [node for action in system.actions for node in action.updates.values()]
        sizes = sizes_of(system.dag, [*once, *steps])
        total = sum(sizes[node] for node in once)
        for action in system.actions:
            # In what is asserted of a step stands, for each scalar of the next state, what it is next.
            widest = max((sizes[node] for node in action.updates.values()), default=1)
            total += widest * sum(sizes[node] for node in steps if node != FALSE)
        if total > MOST_TERMS:
            raise too_large(system.system.span, "the system in Promela, which has no definitions, grows too large")
        if not all(is_computed(system.dag, node) for node in sizes):
            raise too_large(system.system.span, "some number does not fit into Promela's 32 bits; the system")

    # --------------------------------------------------------------------------------------- the file

    def text(self) -> str:
        """Return the file."""
        loop = [line for part in (self._steps(), self._faults(), self._claims(), self._rests()) for line in part]
        return "\n".join(
            [
                *self._head(),
                *self._declarations(),
                "",
                "active proctype Run() {",
                *self._start(),
                *loop,
                "  od",
                "}",
                "",
            ]
        )

    def _head(self) -> Iterator[str]:
        system = self.system.system
        yield f"/* {_comment(system.name)}, model {_comment(system.model)}: all that can happen, one step after another."
        yield ""
        yield "     spin -o2 -a FILE && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan"
        yield ""
        yield "   checks all that is defined below, and only something of it as in"
        yield ""
        yield f"     spin -DCHOSEN -DCHECK_{next(iter(self.claims.values()), DEADLOCK)} -o2 -a FILE"
        yield ""
        more = (
            "one more than there are, since the first step chooses the initial state"
            if self._chooses
            else "all there are"
        )
        yield "   Without -o2 Spin does not tell states apart by variables that nothing reads, which is faster."
        yield f"   The states that are stored are {more}. What is violated, or reached if it is a witness, fails"
        yield "   the assertion of its name and changes nothing: that such a state is also a deadlock is seen where only deadlock is chosen. */"
        yield ""
        yield "#ifndef CHOSEN"
        yield from [f"#define CHECK_{claim}" for claim in self.claims.values()]
        yield "#endif"

    @property
    def _chooses(self) -> bool:
        return len(self.initial) != 1

    def _declarations(self) -> Iterator[str]:
        yield ""
        first = self.initial[0] if self.initial else [leaf.low for leaf in self.system.leaves]
        for leaf, name, value in zip(self.system.leaves, self.variables, first, strict=True):
            yield f"{_declared(leaf, name)} = {value - _offset(leaf)};    /* {_comment(leaf.name)} */"
        yield ""
        for name, claim in self.claims.items():
            if name != DEADLOCK:
                yield f"bit p_{claim};    /* always 0: what is asserted where {_comment(_told(self.system.system, name))} */"
        if self.scratch:
            yield f"int scratch[{self.scratch}];    /* 0 between steps */"

    def _start(self) -> Iterator[str]:
        if self.starts_faulty and FAULTS in self.claims:
            yield from self._checked(
                FAULTS, [f"  assert(p_{self.claims[FAULTS]});    /* some initial value is not defined */"]
            )
        if self._chooses:
            yield "  atomic {"
            yield from choices_of(self.system.leaves, self.variables, self.initial, _offset)
            yield "  }"
        yield "#ifndef CHECK_deadlock"
        yield "end:"
        yield "#endif"
        yield "  do"

    def _steps(self) -> Iterator[str]:
        if not self.system.actions:
            yield "  :: false    /* nothing can happen */"
        for action in self.system.actions:
            of = action.action
            chosen = ", ".join(f"{name} = {show(value)}" for name, value in action.arguments)
            variant = f" ({of.variant})" if of.variant else ""
            yield f"  /* {_comment(of.name + variant)}{_comment(': ' + chosen if chosen else '')} */"
            yield "  :: d_step {"
            yield f"       {self.terms.text(action.guard)} ->"
            yield from self._asserted_of(action)
            yield from [f"       {line};" for line in self._assignments(action)] or ["       skip;"]
            yield "     }"

    def _asserted_of(self, action: GroundAction) -> Iterator[str]:
        """Yield what is violated by the step."""
        leaves = self.system.leaves
        known = dict(self.current)
        for position, leaf in enumerate(leaves):
            node = action.updates.get(position)
            known[leaf.next_node] = self.current[leaf.node] if node is None else self.terms.text(node)
        step = Terms(self.system.dag, known)
        for name in self.names:
            node = self.violations[name].step
            if node != FALSE:
                then = f"assert(p_{self.claims[name]})"
                yield from self._checked(name, [f"       if :: {step.text(node)} -> {then} :: else fi;"])

    def _assignments(self, action: GroundAction) -> list[str]:
        """Return what makes the next state, one after another: what is read is assigned after that, or copied first."""
        leaves, dag = self.system.leaves, self.system.dag
        waiting = dict(action.updates)
        by_node = {leaf.node: position for position, leaf in enumerate(leaves)}
        read = {
            position: {by_node[part] for part in dag.cone([node]) if part in by_node}
            for position, node in waiting.items()
        }
        lines: list[str] = []
        copies: list[str] = []
        reading = Terms(dag, self.current)
        copied: dict[int, str] = {}
        while waiting:
            free = [p for p in waiting if not any(p in read[other] for other in waiting if other != p)]
            if not free:
                # All wait for each other: one is read from a copy from here on.
                position = next(iter(waiting))
                name = f"scratch[{len(copied)}]"
                copied[position] = name
                copies.append(f"{name} = {self.variables[position]}")
                own = dict(self.current)
                own.update({leaves[p].node: _read(leaves[p], copy) for p, copy in copied.items()})
                reading = Terms(dag, own)
                for parts in read.values():
                    parts.discard(position)
                continue
            lines += [
                f"{self.variables[position]} = {_stored(leaves[position], reading.text(waiting[position]))}"
                for position in free
            ]
            for position in free:
                del waiting[position]
        self.scratch = max(self.scratch, len(copied))
        return [*copies, *lines, *[f"{name} = 0" for name in copied.values()]]

    def _faults(self) -> Iterator[str]:
        """Yield what is not defined; a state out of which some step is not, is no deadlock."""
        if FAULTS in self.claims and self.violations[FAULTS].state != FALSE:
            node = self.violations[FAULTS].state
            yield from self._checked(FAULTS, [_option(self.terms.text(node), f"assert(p_{self.claims[FAULTS]})")])

    def _claims(self) -> Iterator[str]:
        for name in self.names:
            node = self.violations[name].state
            if name not in (DEADLOCK, FAULTS) and node != FALSE:
                yield from self._checked(name, [_option(self.terms.text(node), f"assert(p_{self.claims[name]})")])

    def _rests(self) -> Iterator[str]:
        """Yield where it is no deadlock that nothing can happen."""
        if DEADLOCK not in self.claims:
            return
        system = self.system
        conditions = [system.terminal, *system.terminal_faults.values(), *[f.condition for f in system.faults]]
        node = system.dag.any_(conditions)
        if node != FALSE:
            yield from self._checked(DEADLOCK, [_option(self.terms.text(node), "skip")])

    def _checked(self, name: str, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines that are there only where the property is checked."""
        yield f"#ifdef CHECK_{self.claims[name]}"
        yield from lines
        yield "#endif"


# ----------------------------------------------------------------------------------------- pieces of text


def _option(condition: str, then: str) -> str:
    return f"  :: d_step {{ {condition} -> {then} }}"


def _comment(text: str) -> str:
    """Return text that does not end a comment."""
    return in_ascii(text).replace("*/", "* /").replace("\n", " ")


def _told(system: TransitionSystem, name: str) -> str:
    if name == FAULTS:
        return "something is not defined"
    kind = next(claim.kind for claim in system.properties if claim.name == name)
    return f"{name} is reached" if kind is PropertyKind.WITNESS else f"{name} is violated"


PACKED = 16
"""Numbers of at most so many bits are packed."""


def _offset(leaf: Leaf) -> int:
    """Return what is stored as 0: Promela packs what is not negative. What is not packed is stored as it is: a difference might be too large."""
    low = min(leaf.low, 0)
    return low if (leaf.high - low).bit_length() <= PACKED else 0


def _declared(leaf: Leaf, name: str) -> str:
    bits = (leaf.high - min(leaf.low, 0)).bit_length()
    if leaf.boolean:
        return f"bit {name}"
    return f"unsigned {name} : {bits}" if bits <= PACKED else f"int {name}"


def _read(leaf: Leaf, name: str) -> str:
    offset = _offset(leaf)
    return f"({name} - {-offset})" if offset else name


def _stored(leaf: Leaf, text: str) -> str:
    offset = _offset(leaf)
    return f"{text} + {-offset}" if offset else text
