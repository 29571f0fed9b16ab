"""The part of the program that knows the system: what there is to see in a state, and which states follow it, as LLVM IR.

Each function is handed a state, and adds its successors to a buffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pluscheck.core.values import Atom
from pluscheck.ground.dag import FALSE
from pluscheck.ground.ground import GroundAction, GroundSystem
from pluscheck.native.context import Field
from pluscheck.native.flow import Flow, Guarded, conjuncts
from pluscheck.native.nodes import Nodes
from pluscheck.native.packing import Packing
from pluscheck.native.writer import MASK, Writer, signed

PART = 150
"""So many actions and faults have a function together: how long LLVM takes grows faster than a function does."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What to watch for, as nodes: where each was first true is noted.

    `states` are over the current state, and `stuck` too, but only looked at where no step is possible and none faults; `steps` are over a step.
    """

    states: Sequence[int]
    stuck: Sequence[int]
    steps: Sequence[int]

    @property
    def count(self) -> int:
        """How many they are, without faults of steps. They are numbered in this order."""
        return len(self.states) + len(self.stuck) + len(self.steps)


@dataclass(frozen=True, slots=True)
class Permuted:
    """The exchanges of elements of sorts, as steps, in the order in which they are tried: see `core.symmetry`."""

    exchanges: Sequence[GroundAction]
    pairs: Sequence[tuple[Atom, Atom]]


_NORMAL_ALL = """
define i64 @normal_all(ptr %from, ptr %end) {
entry:
  br label %each
each:
  %state = phi ptr [%from, %entry], [%next, %one]
  %over = icmp eq ptr %state, %end
  br i1 %over, label %out, label %one
one:
  call void @normal(ptr %state)
  %next = getelementptr i64, ptr %state, i64 $STRIDE$
  br label %each
out:
  ret i64 0
}
"""


class Program:
    """Writes the functions that know one system. Of its faults each is watched for too: they are numbered after what is `watched`."""

    def __init__(
        self, system: GroundSystem, packing: Packing, watched: Watched, permuted: Permuted | None = None
    ) -> None:
        self.system = system
        self.packing = packing
        self.watched = watched
        self.permuted = permuted
        self.deciding = self._deciding()
        self.stride = packing.words + 1
        """Words of a successor in the buffer."""

    def text(self) -> str:
        """Return the functions; `@look(context, state, number, out)`, which calls the others, returns where the buffer then ends."""
        items = self._items()
        parts = [items[start : start + PART] for start in range(0, len(items), PART)]
        functions = [self._successors(f"part{n}", part) for n, part in enumerate(parts)]
        functions.append(self._states_watched())
        functions.append(self._stuck_watched())
        if self.watched.steps:
            functions.append(self._step_watched())
        functions.append(self._look(len(parts)))
        if self.permuted is not None:
            functions += [self._exchange(number, each) for number, each in enumerate(self.permuted.exchanges)]
            functions.append(_normal(len(self.permuted.exchanges)))
            functions.append(_NORMAL_ALL.replace("$STRIDE$", str(self.stride)))
        return "\n".join(functions)

    # ------------------------------------------------------------------------------------ normal forms

    def _exchange(self, number: int, exchange: GroundAction) -> str:
        """Return the function that exchanges two elements in a state, if the state then comes first, its scalars compared in order, and says whether it did."""
        writer, nodes = self._start(f"internal i1 @exchange{number}(ptr %state)")
        dag = self.system.dag
        less = FALSE
        for position, new in sorted(exchange.updates.items(), reverse=True):
            leaf = self.system.leaves[position]
            if leaf.boolean:
                comes_first, same = dag.and_(leaf.node, dag.not_(new)), dag.iff(leaf.node, new)
            else:
                comes_first, same = dag.lt(new, leaf.node), dag.eq(new, leaf.node)
            less = dag.or_(comes_first, dag.and_(same, less))
        writer.line(f"br i1 {nodes.of(less)}, label %swap, label %end")
        writer.begin("end")
        writer.line("ret i1 false")
        writer.begin("swap")
        words = [self._updated(writer, nodes, exchange, word, old) for word, old in enumerate(nodes.now)]
        for word, value in enumerate(words):
            store(writer, "%state", word, value)
        writer.line("ret i1 true")
        return writer.text()

    def _deciding(self) -> frozenset[int]:
        """Return the leaves, by position, that exchanges change or by which they are decided: one that changes none of them leaves a normal form one."""
        if self.permuted is None:
            return frozenset()
        changed = {position for each in self.permuted.exchanges for position in each.updates}
        read = set(self.system.dag.cone(node for each in self.permuted.exchanges for node in each.updates.values()))
        return frozenset(changed | {p for p, leaf in enumerate(self.system.leaves) if leaf.node in read})

    # ----------------------------------------------------------------------------------------- parts

    def _start(self, header: str) -> tuple[Writer, Nodes]:
        """Begin a function that is handed a state."""
        writer = Writer(header)
        return writer, Nodes(writer, self.system, self.packing, self._words(writer, "%state"))

    def _words(self, writer: Writer, address: str) -> list[str]:
        return [load(writer, address, word) for word in range(self.packing.words)]

    def _look(self, parts: int) -> str:
        """Return the function that looks at one state: what is watched for, all steps, and whether it is stuck."""
        writer = Writer("internal ptr @look(ptr %context, ptr %state, i64 %number, ptr %out)")
        before = load(writer, "%context", Field.FAULTY)
        writer.line("call void @watch_state(ptr %context, ptr %state, i64 %number)")
        out = "%out"
        for part in range(parts):
            out = writer.value(f"call ptr @part{part}(ptr %context, ptr %state, i64 %number, ptr {out})")
        size = writer.value(f"sub i64 {address(writer, out)}, {address(writer, '%out')}")
        steps = writer.value(f"udiv i64 {size}, {8 * self.stride}")
        transitions = load(writer, "%context", Field.TRANSITIONS)
        store(writer, "%context", Field.TRANSITIONS, writer.value(f"add i64 {transitions}, {steps}"))
        most = load(writer, "%context", Field.MOST_STEPS)
        is_more = writer.value(f"icmp ugt i64 {steps}, {most}")
        store(writer, "%context", Field.MOST_STEPS, writer.value(f"select i1 {is_more}, i64 {steps}, i64 {most}"))
        none = writer.value(f"icmp eq i64 {steps}, 0")
        fine = writer.value(f"icmp eq i64 {load(writer, '%context', Field.FAULTY)}, {before}")
        writer.line(f"br i1 {writer.value(f'and i1 {none}, {fine}')}, label %stuck, label %end")
        writer.begin("stuck")
        increment(writer, "%context", Field.STUCK)
        writer.line("call void @watch_stuck(ptr %context, ptr %state, i64 %number)")
        writer.line("br label %end")
        writer.begin("end")
        writer.line(f"ret ptr {out}")
        return writer.text()

    def _states_watched(self) -> str:
        writer, nodes = self._start("internal void @watch_state(ptr %context, ptr %state, i64 %number)")
        self._watch(writer, nodes, self.watched.states, 0, "0")
        writer.line("ret void")
        return writer.text()

    def _stuck_watched(self) -> str:
        writer, nodes = self._start("internal void @watch_stuck(ptr %context, ptr %state, i64 %number)")
        self._watch(writer, nodes, self.watched.stuck, len(self.watched.states), "0")
        writer.line("ret void")
        return writer.text()

    def _step_watched(self) -> str:
        writer = Writer("internal void @watch_step(ptr %context, ptr %state, i64 %number, ptr %target, i64 %action)")
        # Where successors are not kept, steps to them are beyond what is looked at.
        kept = writer.value(f"icmp ne i64 {load(writer, '%context', Field.KEEP)}, 0")
        writer.line(f"br i1 {kept}, label %watch, label %end")
        writer.begin("end")
        writer.line("ret void")
        writer.begin("watch")
        now, following = self._words(writer, "%state"), self._words(writer, "%target")
        nodes = Nodes(writer, self.system, self.packing, now, following)
        start = len(self.watched.states) + len(self.watched.stuck)
        self._watch(writer, nodes, self.watched.steps, start, "%action")
        writer.line("ret void")
        return writer.text()

    def _watch(self, writer: Writer, nodes: Nodes, watched: Sequence[int], start: int, action: str) -> None:
        """Write, for each node not yet seen to be true, what notes that it is."""
        first = pointer(writer, "%context", Field.FIRST)
        for event, node in enumerate(watched, start):
            if node == FALSE:
                continue
            ask, end = writer.label(), writer.label()
            unseen = writer.value(f"icmp eq i64 {load(writer, first, 2 * event)}, 0")
            writer.line(f"br i1 {unseen}, label %{ask}, label %{end}")
            writer.begin(ask)
            mark = nodes.mark()
            seen = writer.label()
            writer.line(f"br i1 {nodes.of(node)}, label %{seen}, label %{end}")
            writer.begin(seen)
            self._note(writer, first, event, action)
            nodes.forget(mark)
            writer.line(f"br label %{end}")
            writer.begin(end)

    def _note(self, writer: Writer, first: str, event: int, action: str) -> None:
        store(writer, first, 2 * event, writer.value("add i64 %number, 1"))
        store(writer, first, 2 * event + 1, action)
        increment(writer, "%context", Field.SEEN)

    # ----------------------------------------------------------------------------------------- steps

    def _items(self) -> list[GroundAction | int]:
        """Return all actions, and faults by their numbers."""
        actions: list[GroundAction | int] = [action for action in self.system.actions if action.guard != FALSE]
        faults = [number for number, fault in enumerate(self.system.faults) if fault.condition != FALSE]
        return [*actions, *faults]

    def _successors(self, name: str, items: Sequence[GroundAction | int]) -> str:
        """Return the function that adds what these actions lead to."""
        dag = self.system.dag
        writer, nodes = self._start(f"internal ptr @{name}(ptr %context, ptr %state, i64 %number, ptr %out)")
        taken, first = (pointer(writer, "%context", field) for field in (Field.TAKEN, Field.FIRST))
        numbers = {id(action): number for number, action in enumerate(self.system.actions)}
        guarded: list[Guarded] = []
        for item in items:
            if isinstance(item, int):
                node = self.system.faults[item].condition
                guarded.append(Guarded(conjuncts(dag, node), _Fault(self, writer, first, item)))
            else:
                number = numbers[id(item)]
                guarded.append(Guarded(conjuncts(dag, item.guard), _Step(self, writer, nodes, taken, item, number)))
        out = Flow(writer, nodes, dag, "ptr").write(guarded, "%out")
        writer.line(f"ret ptr {out}")
        return writer.text()

    def fault(self, writer: Writer, first: str, fault: int) -> None:
        """Write what notes that a step faults."""
        event = self.watched.count + fault
        increment(writer, "%context", Field.FAULTY)
        note, end = writer.label(), writer.label()
        unseen = writer.value(f"icmp eq i64 {load(writer, first, 2 * event)}, 0")
        writer.line(f"br i1 {unseen}, label %{note}, label %{end}")
        writer.begin(note)
        self._note(writer, first, event, "0")
        writer.line(f"br label %{end}")
        writer.begin(end)

    def step(self, writer: Writer, nodes: Nodes, action: GroundAction, out: str) -> None:
        """Write what stores the state that an action leads to."""
        for word, old in enumerate(nodes.now):
            store(writer, out, word, self._updated(writer, nodes, action, word, old))
        store(writer, out, self.packing.words, "%number")

    def _updated(self, writer: Writer, nodes: Nodes, action: GroundAction, word: int, old: str) -> str:
        """Write what one word is after a step."""
        dag = self.system.dag
        cleared = constant = 0
        parts: list[str] = []
        for position, node in action.updates.items():
            place = self.packing.places[position]
            if place.word != word:
                continue
            cleared |= place.mask
            if dag.is_const(node):
                constant |= (dag.low[node] - place.low) << place.shift
                continue
            leaf = self.system.leaves[position]
            value = nodes.of(node)
            if leaf.boolean:
                value = writer.value(f"zext i1 {value} to i64")
            else:
                value = writer.value(f"sub i64 {value}, {place.low}") if place.low else value
                if dag.low[node] < leaf.low or dag.high[node] > leaf.high:
                    value = self._checked(writer, value, leaf.high - leaf.low)
            parts.append(writer.value(f"shl i64 {value}, {place.shift}") if place.shift else value)
        if cleared == 0:
            return old
        result = writer.value(f"and i64 {old}, {signed(~cleared & MASK)}")
        if constant:
            result = writer.value(f"or i64 {result}, {signed(constant)}")
        for part in parts:
            result = writer.value(f"or i64 {result}, {part}")
        return result

    def _checked(self, writer: Writer, value: str, most: int) -> str:
        """Write what notes that a value is out of its range; return one that is in it."""
        outside = writer.value(f"icmp ugt i64 {value}, {most}")
        before = load(writer, "%context", Field.OUT_OF_RANGE)
        flag = writer.value(f"zext i1 {outside} to i64")
        store(writer, "%context", Field.OUT_OF_RANGE, writer.value(f"or i64 {before}, {flag}"))
        return writer.value(f"select i1 {outside}, i64 0, i64 {value}")


def _normal(exchanges: int) -> str:
    """Return the function that makes a state its normal form."""
    lines = ["define internal void @normal(ptr %state) {", "entry:", "  br label %again", "again:"]
    some = "0"
    for number in range(exchanges):
        lines += [
            f"  %made{number} = call i1 @exchange{number}(ptr %state)",
            f"  %some{number} = or i1 %made{number}, {some}",
        ]
        some = f"%some{number}"
    # One alone would only be undone by another try, and then the state would not come first.
    goes_on = f"br i1 {some}, label %again, label %end" if exchanges > 1 else "br label %end"
    return "\n".join([*lines, f"  {goes_on}", "end:", "  ret void", "}", ""])


@dataclass(frozen=True, slots=True)
class _Step:
    """What an action does, written into a function."""

    program: Program
    writer: Writer
    nodes: Nodes
    taken: str
    action: GroundAction
    number: int

    def __call__(self, out: str) -> str:
        writer = self.writer
        self.program.step(writer, self.nodes, self.action, out)
        increment(writer, self.taken, self.number)
        if self.program.watched.steps:
            writer.line(f"call void @watch_step(ptr %context, ptr %state, i64 %number, ptr {out}, i64 {self.number})")
        if not self.program.deciding.isdisjoint(self.action.updates):
            writer.line(f"call void @normal(ptr {out})")
        return writer.value(f"getelementptr i64, ptr {out}, i64 {self.program.stride}")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What the fault of a step does, written into a function."""

    program: Program
    writer: Writer
    first: str
    fault: int

    def __call__(self, out: str) -> str:
        self.program.fault(self.writer, self.first, self.fault)
        return out


# --------------------------------------------------------------------------------------- words in memory


def load(writer: Writer, base: str, word: int) -> str:
    """Write the reading of a word of memory; return its value."""
    return writer.value(f"load i64, ptr {at(writer, base, word)}")


def pointer(writer: Writer, base: str, word: int) -> str:
    """Write the reading of an address; return it."""
    return writer.value(f"load ptr, ptr {at(writer, base, word)}")


def store(writer: Writer, base: str, word: int, value: str) -> None:
    """Write the writing of a word of memory."""
    writer.line(f"store i64 {value}, ptr {at(writer, base, word)}")


def increment(writer: Writer, base: str, word: int) -> None:
    """Write that a word of memory becomes greater by one."""
    place = at(writer, base, word)
    old = writer.value(f"load i64, ptr {place}")
    writer.line(f"store i64 {writer.value(f'add i64 {old}, 1')}, ptr {place}")


def at(writer: Writer, base: str, word: int) -> str:
    """Return the address of a word."""
    return base if word == 0 else writer.value(f"getelementptr i64, ptr {base}, i64 {int(word)}")


def address(writer: Writer, place: str) -> str:
    """Return an address as a word."""
    return writer.value(f"ptrtoint ptr {place} to i64")
