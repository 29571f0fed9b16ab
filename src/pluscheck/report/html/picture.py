"""How a story is laid out: which lock is held by whom from where to where, and who waits; what is drawn, without how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from pluscheck.report.story import StateView, Story


@dataclass(frozen=True, slots=True)
class Segment:
    """A bar over `length` states from the state `start` on.

    `mode` is `S` or `X` (held shared, exclusive), `#` (held by so many), `wait` for somebody who waits, or empty for nothing.
    """

    start: int
    length: int
    mode: str
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The bars of one holder of one lock, over all states; an empty holder stands for those who are only counted.

    Who holds a lock and waits for more of it (a reader who would be a writer) has a second row of bars for that. `quiet` if the holder takes no step in the run: then it says little.
    """

    lock: int
    holder: str
    segments: tuple[Segment, ...]
    quiet: bool


@dataclass(frozen=True, slots=True)
class LockBars:
    """A lock with the bars of everybody who holds it or waits for it."""

    path: str
    bars: tuple[Bar, ...]

    @property
    def quiet(self) -> bool:
        """Whether nobody who acts in the run has anything to do with the lock."""
        return all(bar.quiet for bar in self.bars)


def lock_bars(story: Story) -> tuple[LockBars, ...]:
    """Return the bars of every lock that somebody holds or waits for in the run."""
    acting = {story.lanes[step.lane].name for step in story.steps}
    found: list[LockBars] = []
    for lock, path in enumerate(story.locks):
        here = [_at(story, state, lock) for state in story.states]
        who = dict.fromkeys(key for cells in here for key in cells)
        # In the order of the lanes; holders that are no process come last.
        order = {lane.name: number for number, lane in enumerate(story.lanes)}
        rows = sorted(who, key=lambda key: (order.get(key[0], len(order)), key[1]))
        bars = tuple(
            Bar(
                lock, key[0], tuple(_segments([cells.get(key, ("", "")) for cells in here])), quiet=key[0] not in acting
            )
            for key in rows
        )
        if bars:
            found.append(LockBars(path, bars))
    return tuple(found)


def _at(story: Story, state: StateView, lock: int) -> dict[tuple[str, int], tuple[str, str]]:
    """Return for everybody who has to do with a lock in a state how, and what to write: in a first row, or a second of who holds it already."""
    cells: dict[tuple[str, int], tuple[str, str]] = {}
    for holding in state.holdings[lock]:
        if not holding.holders:
            cells["", 0] = (holding.mode, str(holding.count))
        for name in holding.holders:
            cells[name, 0] = (holding.mode, name)
    for wait in state.waits:
        if wait.lock == lock:
            name = story.lanes[wait.lane].name
            cells[name, 1 if (name, 0) in cells else 0] = ("wait", "waits")
    return cells


def _segments(cells: Sequence[tuple[str, str]]) -> Iterator[Segment]:
    """Yield maximal runs of equal cells, those of nothing included."""
    start = 0
    for position in range(1, len(cells) + 1):
        if position == len(cells) or cells[position] != cells[start]:
            yield Segment(start, position - start, *cells[start])
            start = position


@dataclass(frozen=True, slots=True)
class Node:
    """A process in a drawing of who waits for whom, in units of the drawing."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """Somebody waits for somebody: from the one to the other, and for which lock."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class WaitCycle:
    """A cycle of processes that wait for one another, as a drawing 400 wide, and in words."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    words: str

    @property
    def top(self) -> float:
        """Where the drawing begins."""
        return min([node.y - 24 for node in self.nodes] + [edge.label_y - 20 for edge in self.edges])

    @property
    def height(self) -> float:
        """How high the drawing is."""
        return max([node.y + 24 for node in self.nodes] + [edge.label_y + 12 for edge in self.edges]) - self.top


def wait_cycles(story: Story) -> tuple[WaitCycle, ...]:
    """Return the cycles in the last state."""
    if not story.states:
        return ()
    last = story.states[-1]
    return tuple(_cycle(story, last, lanes) for lanes in last.cycles)


def _cycle(story: Story, state: StateView, lanes: Sequence[int]) -> WaitCycle:
    nodes = []
    for position in range(len(lanes)):
        angle = 2 * pi * position / len(lanes) + pi
        name = story.lanes[lanes[position]].name
        nodes.append(Node(name, round(200 + 120 * cos(angle), 1), round(120 + 75 * sin(angle), 1)))
    waits = {wait.lane: wait for wait in state.waits}
    edges, words = [], []
    for position, lane in enumerate(lanes):
        a, b = nodes[position], nodes[(position + 1) % len(lanes)]
        lock = waits[lane].lock
        label = "" if lock is None else story.locks[lock]
        if a is b:  # who waits for himself: out on the one side of the box, and back in a little below
            mx, my = a.x + 170, a.y
            start, end = (a.x + 55, a.y - 10), (a.x + 57, a.y + 10)
        else:
            # Bent to the left of its direction, so that two that go to and fro do not lie on each other.
            dx, dy = b.x - a.x, b.y - a.y
            length = max(1.0, (dx * dx + dy * dy) ** 0.5)
            mx, my = (a.x + b.x) / 2 + 55 * dy / length, (a.y + b.y) / 2 - 55 * dx / length
            start, end = _border(a, mx, my), _border(b, mx, my)
        edges.append(Edge(*start, *end, label, round(mx, 1), round(my, 1)))
        holds = [
            story.locks[number]
            for number, holdings in enumerate(state.holdings)
            if any(lane in holding.lanes for holding in holdings)
        ]
        has = f"holds {' and '.join(holds)}, " if holds else ""
        words.append(f"{a.name} {has}waits for {label or 'what only others can bring about'}, which {b.name} holds")
    return WaitCycle(tuple(nodes), tuple(edges), "; ".join(words) + ".")


def _border(node: Node, towards_x: float, towards_y: float) -> tuple[float, float]:
    """Return where a line from the middle of a node's box leaves the box, which is 110 wide and 32 high."""
    dx, dy = towards_x - node.x, towards_y - node.y
    part = min(57 / max(abs(dx), 0.01), 18 / max(abs(dy), 0.01), 1.0)
    return round(node.x + dx * part, 1), round(node.y + dy * part, 1)
