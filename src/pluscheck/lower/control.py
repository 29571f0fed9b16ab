"""Where control can be: the labels of a process and of the procedures it reaches, and what comes after each statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pluscheck.base.errors import InternalError
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Elaborated, ProcessInfo
from pluscheck.lang.orders import orders_in

DONE = "Done"
"""Where a process is after its end."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a process, of one of its procedures, or (`labels` empty) of an action.

    `labels` gives each label as written the name that the process has for it.
    """

    block: s.Block
    procedure: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """Before the `index`-th statement of a block. At the block's end control goes on at `rest`, or to the label of the `loop` whose body the block is.

    Where there is neither, the end of the block is the end of the body. `part` is the number of the part that the block is, if it is one of an order: then `rest` is
    where control goes on after the last one. Where there is an `order` and no part, the next part is to be chosen.
    """

    body: Body
    block: s.Block
    index: int = 0
    rest: Point | None = None
    loop: str | None = None
    part: int | None = None
    order: s.Order | None = None

    @property
    def statement(self) -> s.Labelled | None:
        """The statement that comes next in the block, or None at its end."""
        return self.block[self.index] if self.index < len(self.block) else None

    def after(self) -> Point:
        """Return the point after the next statement."""
        return replace(self, index=self.index + 1)

    def into(self, block: s.Block) -> Point:
        """Return the point at the start of a block of the next statement, which is no loop."""
        return Point(self.body, block, 0, self.after())

    def into_part(self, number: int) -> Point:
        """Return the point at the start of a part of the next statement, an order."""
        statement = self.statement
        if statement is None or not isinstance(statement.statement, s.Order):
            raise InternalError("a part of what is no order")
        order = statement.statement
        return Point(self.body, order.parts[number], 0, self.after(), None, number, order)

    def to_next_part(self) -> Point:
        """Return, from the end of a part of an order, the point at which the next one is chosen."""
        return Point(self.body, (), order=self.order)

    def into_loop(self, block: s.Block) -> Point:
        """Return the point at the start of the body of the next statement, a `while`."""
        statement = self.statement
        if statement is None or statement.label is None:
            raise InternalError("a while without a label")
        return Point(self.body, block, 0, None, self.body.labels[statement.label.name])


def points(start: Point) -> Iterator[tuple[str, Point]]:
    """Yield every label below the point, as the process has it, with the point that it labels, in the order of the text."""
    point: Point = start
    while (statement := point.statement) is not None:
        if statement.label is not None:
            yield start.body.labels[statement.label.name], point
        match statement.statement:
            case s.IfStatement(_, yes, no):
                yield from points(point.into(yes))
                yield from points(point.into(no))
            case s.Either(branches):
                for branch in branches:
                    yield from points(point.into(branch))
            case s.Order(_, parts):
                for number in range(len(parts)):
                    yield from points(point.into_part(number))
            case s.With(_, body):
                yield from points(point.into(body))
            case s.While(_, body):
                yield from points(point.into_loop(body))
            case _:
                pass
        point = point.after()


def labels_written(block: s.Block) -> Iterator[s.Ident]:
    """Yield every label in a block, in the order of the text."""
    for item in block:
        if item.label is not None:
            yield item.label
        for inner in _blocks(item.statement):
            yield from labels_written(inner)


def calls(start: Point) -> Iterator[tuple[s.Call, Point]]:
    """Yield every `call` below the point, with the point after it."""
    point: Point = start
    while (statement := point.statement) is not None:
        match statement.statement:
            case s.Call() as call:
                yield call, point.after()
            case s.While(_, body):
                yield from calls(point.into_loop(body))
            case s.Order(_, parts):
                for number in range(len(parts)):
                    yield from calls(point.into_part(number))
            case other:
                for block in _blocks(other):
                    yield from calls(point.into(block))
        point = point.after()


def _blocks(statement: s.Statement) -> tuple[s.Block, ...]:
    match statement:
        case s.IfStatement(_, yes, no):
            return (yes, no)
        case s.Either(branches):
            return branches
        case s.Order(_, parts):
            return parts
        case s.With(_, body) | s.While(_, body):
            return (body,)
        case _:
            return ()


def landing(point: Point) -> str | None:
    """Return the label at which control arrives without doing anything more, or None where that is the return from a procedure."""
    while True:
        statement = point.statement
        if statement is not None:
            if statement.label is not None:
                return point.body.labels[statement.label.name]
            match statement.statement:
                case s.Goto(label):
                    return point.body.labels[label.name]
                case s.Return():
                    return None
                case other:
                    raise InternalError(f"{other} after a call has no label")
        if point.loop is not None:
            return point.loop
        if point.rest is None:
            if point.body.procedure is not None:
                raise InternalError(f"{point.body.procedure} ends without a return")
            return DONE
        point = point.rest


@dataclass(frozen=True, slots=True)
class ControlFlow:
    """The labels of one process (`Done` the last) with the points that they label, and where each procedure may return to."""

    start: str
    labels: tuple[str, ...]
    points: Mapping[str, Point]
    bodies: Mapping[str | None, Body]
    returns: Mapping[str, tuple[str, ...]]
    order_of: Mapping[str, s.Order]
    """The orders that labels are inside of."""


def control_flow(elaborated: Elaborated, info: ProcessInfo) -> ControlFlow:
    """Return the control flow of a process with its procedures joined to it."""
    taken: set[str] = {DONE}
    bodies: dict[str | None, Body] = {None: _body(info.decl.body, None, taken)}
    for name in info.procedures:
        bodies[name] = _body(elaborated.procedures[name].decl.body, name, taken)
    found: dict[str, Point] = {}
    for body in bodies.values():
        found.update(points(Point(body, body.block)))
    start = next(iter(bodies[None].labels.values()), DONE)
    orders = {
        body.labels[label.name]: order
        for body in bodies.values()
        for order in orders_in(body.block)
        for part in order.parts
        for label in labels_written(part)
    }
    return ControlFlow(start, (*found, DONE), found, bodies, _returns(bodies, found), orders)


def _body(block: s.Block, procedure: str | None, taken: set[str]) -> Body:
    labels: dict[str, str] = {}
    for label in labels_written(block):
        name = label.name
        if name in taken and procedure is not None:
            name = f"{procedure}.{name}"
        taken.add(name)
        labels[label.name] = name
    labels[DONE] = DONE  # the last, and written nowhere: as in PlusCal, `goto Done` ends the process from anywhere
    return Body(block, procedure, labels)


def _returns(bodies: Mapping[str | None, Body], found: Mapping[str, Point]) -> dict[str, tuple[str, ...]]:
    """Return the labels at which each procedure may return; a call just before a return goes back to where its caller would."""
    order = {label: position for position, label in enumerate((*found, DONE))}
    returns: dict[str, set[str]] = {name: set() for name in bodies if name is not None}
    for caller, body in bodies.items():  # callees come after their callers
        for call, after in calls(Point(body, body.block)):
            label = landing(after)
            if label is not None:
                returns[call.procedure.name].add(label)
            elif caller is not None:
                returns[call.procedure.name] |= returns[caller]
    return {name: tuple(sorted(labels, key=order.__getitem__)) for name, labels in returns.items()}
