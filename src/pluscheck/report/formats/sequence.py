"""A run as a sequence diagram: processes and locks side by side, and what passes between them; drawn by `mermaid` and `plantuml`, each in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from textwrap import wrap

from pluscheck.report.because import lead, short
from pluscheck.report.bidi import isolated
from pluscheck.report.formats.lock_events import Deed, LockEvent, lock_events, other_changes
from pluscheck.report.formats.why import why
from pluscheck.report.story import StepView, Story

NOTE_WIDTH = 60
"""How many characters a line of a note has; a value that is longer is cut, since a diagram cannot be searched anyway."""


class Line(Enum):
    """What a message is."""

    ACT = "act"
    ACQUIRE = "acquire"
    RELEASE = "release"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody or something in the diagram; `is_lock` or else a process."""

    name: str
    is_lock: bool


@dataclass(frozen=True, slots=True)
class Message:
    """From one participant to another, by their numbers."""

    source: int
    target: int
    line: Line
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is written over participants, from the first to the last, by their numbers. `is_end` if it says how the run ends."""

    first: int
    last: int
    lines: tuple[str, ...]
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """A sequence diagram. There is always a participant."""

    title: str
    participants: tuple[Participant, ...]
    entries: tuple[Message | Note, ...]


def diagram(story: Story) -> Diagram:
    """Return the diagram of a run. Only who acts, holds a lock that is touched, or waits for others in the end, is in it."""
    events = lock_events(story)
    acting = {step.lane for step in story.steps}
    acting |= {event.lane for here in events for event in here if event.lane is not None}
    lanes = sorted(acting) or [0] * bool(story.lanes)
    locks = sorted({event.lock for here in events for event in here})
    participants = [Participant(story.lanes[lane].name, is_lock=False) for lane in lanes]
    participants += [Participant(story.locks[lock], is_lock=True) for lock in locks]
    if not participants:
        participants = [Participant(story.module, is_lock=False)]
    maker = _Maker(
        story,
        {lane: number for number, lane in enumerate(lanes)},
        {lock: number for number, lock in enumerate(locks, len(lanes))},
    )
    entries = [*maker.events(None, events[0] if events else ())]
    for step, here in zip(story.steps, events[1:], strict=True):
        entries.extend(maker.step(step, here))
    ending = [lead(story), *why(story)]
    lines = tuple(line for sentence in ending for line in wrap(sentence, NOTE_WIDTH))
    entries.append(Note(0, len(participants) - 1, lines, is_end=True))
    title = f"{story.module}, model {story.model}: {story.property}"
    return Diagram(title, tuple(participants), tuple(entries))


@dataclass(frozen=True, slots=True)
class _Maker:
    """Knows the participants' numbers, by lane and by lock."""

    story: Story
    lanes: dict[int, int]
    locks: dict[int, int]

    def step(self, step: StepView, events: tuple[LockEvent, ...]) -> Iterator[Message | Note]:
        """Yield what a step looks like: what it does to locks, or that it is taken, and then what else it changes."""
        who = self.lanes[step.lane]
        arguments = ", ".join(f"{name} = {_cut(value)}" for name, value in step.arguments)
        text = (
            f"{step.number} {short(step.action)}({arguments})" if arguments else f"{step.number} {short(step.action)}"
        )
        if not any(event.deed is not Deed.WAIT for event in events):
            yield Message(who, who, Line.ACT, text)
        yield from self.events((who, text), events)
        lines = tuple(
            f"{isolated(c.path)}: {isolated(_cut(c.old))} → {isolated(_cut(c.new))}"
            for c in other_changes(self.story, step)
        )
        if lines:
            yield Note(who, who, lines)

    def events(self, step: tuple[int, str] | None, events: tuple[LockEvent, ...]) -> Iterator[Message | Note]:
        """Yield a message for each event; the first that is the step's own says which step it is."""
        label = "" if step is None else f"{step[1]}: "
        for event in events:
            lock = self.locks[event.lock]
            match event.deed:
                case Deed.WAIT:
                    names = ", ".join(self.story.lanes[lane].name for lane in event.waiting_on)
                    held = f", held by {names}" if names else ""
                    yield Message(self.lanes[event.lane or 0], lock, Line.WAIT, f"waits{held}")
                case Deed.ACQUIRE | Deed.RELEASE:
                    actor = 0 if step is None else step[0]
                    who = actor if event.lane is None else self.lanes[event.lane]
                    whose = "" if event.lane is not None or not event.holder else f" for {event.holder}"
                    line = Line.ACQUIRE if event.deed is Deed.ACQUIRE else Line.RELEASE
                    # Of holders that are only counted there is no more to say than that it is one more, or one less.
                    mode = "" if event.mode == "#" else f" {event.mode}"
                    yield Message(who, lock, line, f"{label}{line.value}{mode}{whose}")
                    label = ""


def _cut(value: str) -> str:
    return value if len(value) <= NOTE_WIDTH else f"{value[: NOTE_WIDTH - 1]}…"
