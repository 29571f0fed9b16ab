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

    Who holds a lock and waits for more of it (a reader who would be a writer) has a second row of bars for that. `quiet` if it says little: if the holder has no part in the run,
    or is none whose steps are known (he is only counted, or no process) and holds it all the time; and nobody who has a part waits meanwhile.
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


def taking_part(story: Story) -> frozenset[int]:
    """Return the lanes that have a part in the run: of those who take a step, and of those who at the end wait in a circle."""
    acting = {step.lane for step in story.steps}
    stuck = {lane for cycle in (story.states[-1].cycles if story.states else ()) for lane in cycle}
    return frozenset(acting | stuck)


def lock_bars(story: Story) -> tuple[LockBars, ...]:
    """Return the bars of every lock that somebody holds or waits for in the run."""
    taking = {story.lanes[lane].name for lane in taking_part(story)}
    found: list[LockBars] = []
    for lock, path in enumerate(story.locks):
        here = [_at(story, state, lock) for state in story.states]
        who = dict.fromkeys(key for cells in here for key in cells)
        # In the order of the lanes; holders that are no process come last.
        order = {lane.name: number for number, lane in enumerate(story.lanes)}
        rows = sorted(who, key=lambda key: (order.get(key[0], len(order)), key[1]))
        # That somebody waits says nothing without whoever keeps him waiting.
        awaited = {n for n, cells in enumerate(here) for key in cells if key[0] in taking and cells[key][0] == "wait"}
        bars = []
        for holder, row in rows:
            segments = tuple(_segments([cells.get((holder, row), ("", "")) for cells in here]))
            is_still = holder not in taking if holder in order else len(segments) == 1
            held = [s for s in segments if s.mode not in ("", "wait")]
            is_awaited = any(not awaited.isdisjoint(range(s.start, s.start + s.length)) for s in held)
            bars.append(Bar(lock, holder, segments, quiet=is_still and not is_awaited))
        if bars:
            found.append(LockBars(path, tuple(bars)))
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
    """A process in a drawing of who waits for whom, in units of the drawing: the middle of its box, and how wide that is."""

    name: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Edge:
    """Somebody waits for somebody: the way of the arrow, as SVG has it, and for which lock.

    `anchor` says which end of the label is at `label_x`: its `start`, `middle` or `end`.
    """

    path: str
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What a drawing takes up."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class WaitCycle:
    """A cycle of processes that wait for one another, as a drawing, and in words."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    words: str

    @property
    def frame(self) -> Frame:
        """What is drawn, with a margin."""
        across = [(node.x - node.width / 2, node.x + node.width / 2) for node in self.nodes]
        down = [(node.y - 20, node.y + 20) for node in self.nodes]
        for edge in self.edges:
            left = edge.label_x - _width(edge.label) * {"start": 0, "middle": 0.5, "end": 1}[edge.anchor]
            across.append((left, left + _width(edge.label)))
            down.append((edge.label_y - 8, edge.label_y + 8))
        left, right = min(start for start, _ in across) - 4, max(end for _, end in across) + 4
        top, bottom = min(start for start, _ in down) - 4, max(end for _, end in down) + 4
        return Frame(round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))


def wait_cycles(story: Story) -> tuple[WaitCycle, ...]:
    """Return the cycles in the last state."""
    if not story.states:
        return ()
    last = story.states[-1]
    return tuple(_cycle(story, last, lanes) for lanes in last.cycles)


def _cycle(story: Story, state: StateView, lanes: Sequence[int]) -> WaitCycle:
    nodes = _nodes([story.lanes[lane].name for lane in lanes])
    waits = {wait.lane: wait for wait in state.waits}
    edges, words = [], []
    for position, lane in enumerate(lanes):
        a, b = nodes[position], nodes[(position + 1) % len(lanes)]
        lock = waits[lane].lock
        label = "" if lock is None else story.locks[lock]
        edges.append(_back(a, label) if a is b else _edge(a, b, label))
        holds = [
            f"{story.locks[number]}{' shared' if holding.mode == 'S' else ''}"
            for number, holdings in enumerate(state.holdings)
            for holding in holdings
            if lane in holding.lanes
        ]
        has = f"holds {' and '.join(holds)}, " if holds else ""
        holder = "it holds itself" if a is b else f"{b.name} holds"
        words.append(f"{a.name} {has}waits for {label or 'what only others can bring about'}, which {holder}")
    return WaitCycle(nodes, tuple(edges), "; ".join(words) + ".")


def _width(text: str) -> float:
    """Return how wide a text is in a drawing, whose letters are all as wide; with some to spare, since fonts differ."""
    return 8 * len(text)


def _nodes(names: Sequence[str]) -> tuple[Node, ...]:
    """Return boxes on an ellipse, the first one on the left, so far apart that none touches the next."""
    width = max(110.0, max(map(_width, names)) + 20)
    across = max(120.0, width / 2 + 60) * max(1.0, len(names) / 4)
    down = 75 * max(1.0, len(names) / 4) * max(1.0, width / 140)
    angles = [2 * pi * position / len(names) + pi for position in range(len(names))]
    return tuple(
        Node(name, round(across * cos(angle), 1), round(down * sin(angle), 1), width)
        for name, angle in zip(names, angles, strict=True)
    )


def _edge(a: Node, b: Node, label: str) -> Edge:
    """Return an arrow that is bent to the left of its direction, so that two that go to and fro do not lie on each other."""
    dx, dy = b.x - a.x, b.y - a.y
    length = max(1.0, (dx * dx + dy * dy) ** 0.5)
    out_x, out_y = dy / length, -dx / length
    mx, my = (a.x + b.x) / 2 + 55 * out_x, (a.y + b.y) / 2 + 55 * out_y
    (x1, y1), (x2, y2) = _border(a, mx, my), _border(b, mx, my)
    # The label stands outside of the middle of the bow.
    label_x, label_y = (x1 + 2 * mx + x2) / 4 + 12 * out_x, (y1 + 2 * my + y2) / 4 + 12 * out_y
    anchor = "start" if out_x > 0.1 else "end" if out_x < -0.1 else "middle"
    path = f"M{x1:.1f} {y1:.1f} Q{mx:.1f} {my:.1f} {x2:.1f} {y2:.1f}"
    return Edge(path, label, round(label_x, 1), round(label_y, 1), anchor)


def _back(node: Node, label: str) -> Edge:
    """Return an arrow out of the right side of a box and back into it: of who waits for himself."""
    x, y = node.x + node.width / 2, node.y
    path = f"M{x:.1f} {y - 7:.1f} C{x + 60:.1f} {y - 34:.1f} {x + 60:.1f} {y + 34:.1f} {x + 2:.1f} {y + 7:.1f}"
    return Edge(path, label, x + 53, y, "start")


def _border(node: Node, towards_x: float, towards_y: float) -> tuple[float, float]:
    """Return where a line from the middle of a node's box leaves the box, which is 32 high."""
    dx, dy = towards_x - node.x, towards_y - node.y
    part = min((node.width / 2 + 2) / max(abs(dx), 0.01), 18 / max(abs(dy), 0.01), 1.0)
    return node.x + dx * part, node.y + dy * part
