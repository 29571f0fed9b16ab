"""Labels and the flow of control: PlusCal's rules about where a label must, may and cannot stand.

From one label to the next is one atomic step. So whatever control can jump to, or come back to, has a label; and
what is one step by nature (an action, the body of a `with`) has none inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.cycles import by_way_of, cycles
from pluscheck.lang.findings import Findings
from pluscheck.lang.identifiers import check_identifiers
from pluscheck.lang.macros import Expansion
from pluscheck.lang.processes import DONE, Processes, processes
from pluscheck.lang.symbols import symbol_table
from pluscheck.lang.walk import descend
from pluscheck.lang.wording import did_you_mean

_Owner = s.ProcessDecl | s.ProcedureDecl | s.ActionDecl


def check_flow(expansion: Expansion, findings: Findings) -> None:
    """Report what is wrong with the labels, jumps, calls and identifiers of processes, procedures and actions.

    Macros are expanded by now, since a label may be due because of what a macro does.
    """
    modules = expansion.modules
    table = symbol_table(modules, Findings())  # what is wrong with names the checker reports
    owners = [
        declaration
        for module in modules
        for declaration in module.declarations
        if isinstance(declaration, s.ProcessDecl | s.ProcedureDecl | s.ActionDecl)
    ]
    fresh = _Fresh(
        {*table.symbols, *(n.label.name for o in owners for n in _statements(o.body) if n.label is not None)}
    )
    bodies = {id(owner): _Body(owner, expansion, fresh, findings) for owner in owners}
    for body in bodies.values():
        body.check()
    homes = {name: body for body in bodies.values() for name in body.labels}
    for body in bodies.values():
        body.check_jumps(homes)
    found = processes(table)
    _check_procedures(owners, findings)
    _check_reached_labels(found, bodies, findings)
    check_identifiers(found, table, findings)


class _Fresh:
    """Names for labels that we suggest."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._last = 0

    def label(self) -> str:
        """Return a name that is used nowhere, another one each time."""
        self._last += 1
        while f"L{self._last}" in self._taken:
            self._last += 1
        return f"L{self._last}"


@dataclass(frozen=True, slots=True)
class _Inside:
    """What is around a block: a `with`, in which no label can stand; the `order` of which it is (a part of) a part; whether it is a whole body."""

    with_: Span | None = None
    order: s.Order | None = None
    part: int = 0
    is_body: bool = False

    def deeper(self) -> _Inside:
        """Return what is around a block of a statement that stands here."""
        return replace(self, is_body=False)


@dataclass(frozen=True, slots=True)
class _End:
    """How control leaves a statement or block: does it go on behind it, and what in it sends control elsewhere?"""

    goes_on: bool
    jump: Label | None = None


_GOES_ON = _End(goes_on=True)


class _Body:
    """The body of a process, procedure or action."""

    def __init__(self, owner: _Owner, expansion: Expansion, fresh: _Fresh, findings: Findings) -> None:
        self.owner = owner
        self._expansion = expansion
        self.labels: dict[str, s.Ident] = {}
        self._fresh = fresh
        self._findings = findings
        self._gotos: list[tuple[s.Goto, _Inside]] = []
        self._parts: dict[str, tuple[s.Order, int]] = {}
        """For each label inside an order, where."""

    @property
    def described(self) -> str:
        """What it is, by its name."""
        return f"{_noun(self.owner)} {self.owner.name.name}"

    def check(self) -> None:
        """Collect the labels, and report those that are missing, and what cannot stand where it stands."""
        end = self._block(self.owner.body, _Inside(is_body=True), start=not isinstance(self.owner, s.ActionDecl))
        if isinstance(self.owner, s.ProcedureDecl) and end.goes_on:
            name = self.owner.name
            self._findings.report(
                Code.MISSING_RETURN,
                f"procedure `{name.name}` can end without a `return`",
                _first_line(self.owner.body[-1].statement.span) if self.owner.body else name.span,
                "control can go on behind this",
                secondary=[Label(name.span, "in this procedure")] if self.owner.body else [],
                help_line="write `return;` at the end",
            )

    def check_jumps(self, homes: Mapping[str, _Body]) -> None:
        """Report each `goto` to a label that this body does not have; `homes` says which other body may have it."""
        for goto, inside in self._gotos:
            name = goto.label.name
            if name in self.labels:
                self._check_jump(goto, inside)
            if name in self.labels or name == DONE:
                continue
            home = homes.get(name)
            secondary = []
            if home is not None:
                secondary = [Label(home.labels[name].span, f"`{name}` is a label of {home.described}")]
            self._findings.report(
                Code.UNKNOWN_LABEL,
                f"there is no label `{name}` in {self.described}",
                goto.label.span,
                "unknown label",
                secondary=secondary,
                help_line=did_you_mean(name, [*self.labels, DONE])
                or "`goto` stays within the body of its process or procedure",
            )

    def _check_jump(self, goto: s.Goto, inside: _Inside) -> None:
        """Report a `goto` into a part of an order from elsewhere: which parts would have been run?"""
        target = self._parts.get(goto.label.name)
        if target is None or (target[0] is inside.order and target[1] == inside.part):
            return
        name = target[0].name.name
        self._findings.report(
            Code.JUMP_INTO_ORDER,
            f"`goto {goto.label.name}` leads into the order `{name}`",
            goto.label.span,
            "a label of one of its parts",
            secondary=[Label(target[0].name.span, "the order")],
            help_line=f"go to the step before it; whoever comes to `order {name}` runs all of its parts",
        )

    # ------------------------------------------------------------------------------------ statements

    def _block(self, block: s.Block, inside: _Inside, *, start: bool = False) -> _End:
        """Check a block; `start`: it is a whole body, which begins with a label."""
        due: Label | None = None
        if start and block:
            due = Label(self.owner.name.span, f"the body of this {_noun(self.owner)} begins here")
            if inside.order is not None:
                due = Label(inside.order.name.span, "a part of this order begins here")
        jump: Label | None = None
        reachable, reported = True, False
        before: s.Statement | None = None
        for labelled in block:
            if labelled.label is not None:
                self._label(labelled.label, inside)
                reachable, reported = True, False
            elif not reachable:
                if not reported:
                    self._unreachable(labelled, due)
                reported = True
            elif due is not None and not (
                isinstance(before, s.Call) and isinstance(labelled.statement, s.Return | s.Goto)
            ):
                self._missing(labelled, due, inside)
            elif isinstance(labelled.statement, s.While):
                self._missing(labelled, None, inside)
            if labelled.label is not None:
                jump = jump or Label(labelled.label.span, "since there is a label in what comes before")
            end = self._statement(labelled, inside)
            reachable = reachable and end.goes_on
            due = end.jump
            jump = jump or end.jump
            before = labelled.statement
        return _End(reachable, jump)

    def _statement(self, labelled: s.Labelled, inside: _Inside) -> _End:
        match labelled.statement:
            case s.IfStatement(_, yes, no):
                return _joined([self._block(yes, inside.deeper()), self._block(no, inside.deeper())])
            case s.Either(branches):
                return _joined([self._block(branch, inside.deeper()) for branch in branches])
            case s.Order() as order:
                return self._order(order, inside)
            case s.With(bindings, body):
                return self._block(body, replace(inside.deeper(), with_=bindings[0].span))
            case s.While(condition, body):
                self._block(body, inside.deeper())
                # `while` is a label with a test: what follows the loop is in the same step as the test that failed.
                return _End(goes_on=condition != s.Truth(value=True))
            case s.Goto() as goto:
                if isinstance(self.owner, s.ActionDecl):
                    self._no_process(goto, "an action is one step, and has no labels to go to")
                    return _GOES_ON
                self._gotos.append((goto, inside))
                return _End(goes_on=False, jump=Label(goto.span, "since control leaves here"))
            case s.Call() as call:
                if isinstance(self.owner, s.ActionDecl):
                    self._no_process(call, "a procedure takes several steps: only a process can call it")
                    return _GOES_ON
                return _End(goes_on=True, jump=Label(call.span, "since control comes back from this call"))
            case s.Return() as ending:
                if not isinstance(self.owner, s.ProcedureDecl):
                    self._findings.report(
                        Code.RETURN_OUTSIDE_PROCEDURE,
                        f"`return` in {self.described}",
                        ending.span,
                        "not in a procedure",
                        help_line="`goto Done` ends a process" if isinstance(self.owner, s.ProcessDecl) else None,
                    )
                    return _GOES_ON
                return _End(goes_on=False, jump=Label(ending.span, "since control leaves here"))
            case s.Await() | s.Assign() | s.Skip() | s.Assert() | s.MacroCall():
                return _GOES_ON
            case _:
                assert_never(labelled.statement)

    def _order(self, order: s.Order, inside: _Inside) -> _End:
        """Check an order; control goes on behind it where it goes on behind all of its parts."""
        if isinstance(self.owner, s.ActionDecl) or not inside.is_body:
            where = "an action" if isinstance(self.owner, s.ActionDecl) else "another statement"
            self._findings.report(
                Code.ORDER_NOT_ALLOWED,
                f"the order `{order.name.name}` stands inside {where}",
                order.name.span,
                "no order can stand here",
                help_line="an order stands in the body of a process or procedure itself, beside the other steps",
            )
            return _GOES_ON
        ends = []
        for number, part in enumerate(order.parts):
            ends.append(self._block(part, _Inside(order=order, part=number), start=True))
            if not part:
                self._findings.report(
                    Code.MISSING_LABEL,
                    f"a part of the order `{order.name.name}` is empty",
                    order.name.span,
                    "in this order",
                    help_line=f"a part begins with a label, which names it: `{self._fresh.label()}: skip;`",
                )
            for call in _last_calls(part):
                self._findings.report(
                    Code.MISSING_LABEL,
                    "a part of an order cannot end with a `call`",
                    call.span,
                    "control comes back from this call, and has to go on at a label of this part",
                    secondary=[Label(order.name.span, "in this order")],
                    help_line=f"write one more step at the end of the part: `{self._fresh.label()}: skip;`",
                )
        return _End(all(end.goes_on for end in ends), Label(order.name.span, "whichever part comes last leads here"))

    # --------------------------------------------------------------------------------------- reports

    def _label(self, label: s.Ident, inside: _Inside) -> None:
        name = label.name
        if inside.order is not None:
            self._parts.setdefault(name, (inside.order, inside.part))
        if isinstance(self.owner, s.ActionDecl):
            self._findings.report(
                Code.LABEL_NOT_ALLOWED,
                f"the label `{name}` stands in an action",
                label.span,
                "no label can stand here",
                secondary=[Label(self.owner.name.span, "in this action")],
                help_line="an action is one atomic step; what takes several is a `process`",
            )
        elif inside.with_ is not None:
            self._findings.report(
                Code.LABEL_NOT_ALLOWED,
                f"the label `{name}` stands inside a `with`",
                label.span,
                "no label can stand here",
                secondary=[Label(inside.with_, "what this binds is gone when the step ends")],
                help_line="to keep a value for later steps, assign it to a `var` of the process",
            )
        elif name == DONE:
            self._findings.report(
                Code.DUPLICATE_NAME,
                f"`{DONE}` is where every process is after its end",
                label.span,
                "declared again here",
                help_line="choose another label",
            )
        elif name in self.labels:
            self._findings.report(
                Code.DUPLICATE_NAME,
                f"there are two labels `{name}` in {self.described}",
                label.span,
                "declared again here",
                secondary=[Label(self.labels[name].span, "the first one")],
                help_line=f"choose another, such as `{self._fresh.label()}`",
            )
        self.labels.setdefault(name, label)

    def _missing(self, labelled: s.Labelled, due: Label | None, inside: _Inside) -> None:
        """Report a statement that needs a label: because of what comes before (`due`), or because it is a `while`."""
        what = "a `while`" if due is None else "this statement"
        secondary = [] if due is None else [due]
        if isinstance(self.owner, s.ActionDecl):
            if due is None:
                self._cannot_loop(labelled, "an action", "what takes several steps is a `process`")
            return  # whatever made a label due has been reported
        if inside.with_ is not None and due is None:
            self._cannot_loop(labelled, "a `with`", "put the `with` inside the loop instead")
            return
        message, advice = f"{what} needs a label", "put what jumps at the end"
        if id(labelled.span) in self._expansion.uses:
            message += ", and no label can stand in a macro"
        elif inside.with_ is not None:
            message += ", and no label can stand inside a `with`"
            secondary.append(Label(inside.with_, "inside this `with`"))
        else:
            advice = f"write one in front of it: `{self._fresh.label()}: {_beginning(labelled.span)}`"
        self._findings.report(
            Code.MISSING_LABEL,
            message,
            _first_line(labelled.span),
            "a label is missing in front of this",
            secondary=secondary,
            help_line=advice,
        )

    def _cannot_loop(self, labelled: s.Labelled, where: str, advice: str) -> None:
        self._findings.report(
            Code.LABEL_NOT_ALLOWED,
            f"a `while` needs a label, and no label can stand in {where}",
            _first_line(labelled.span),
            "this `while`",
            help_line=advice,
        )

    def _unreachable(self, labelled: s.Labelled, due: Label | None) -> None:
        self._findings.report(
            Code.UNREACHABLE_STATEMENT,
            "this statement can never be reached",
            _first_line(labelled.span),
            "never reached",
            secondary=[replace(due, text="control leaves here")] if due is not None else [],
            help_line=f"remove it, or give it a label that something goes to, such as `{self._fresh.label()}`",
        )

    def _no_process(self, statement: s.Goto | s.Call, why: str) -> None:
        word = "goto" if isinstance(statement, s.Goto) else "call"
        self._findings.report(
            Code.CALL_OUTSIDE_PROCESS,
            f"`{word}` in an action",
            statement.span,
            "not in a process or procedure",
            secondary=[Label(self.owner.name.span, "in this action")],
            help_line=why,
        )


def _joined(ends: list[_End]) -> _End:
    """Return how control leaves a statement whose branches end like this."""
    return _End(any(end.goes_on for end in ends), next((end.jump for end in ends if end.jump is not None), None))


def _noun(owner: _Owner) -> str:
    match owner:
        case s.ProcessDecl():
            return "process"
        case s.ProcedureDecl():
            return "procedure"
        case s.ActionDecl():
            return "action"
        case _:
            assert_never(owner)


def _statements(body: s.Block) -> Iterator[s.Labelled]:
    """Yield all statements in a block, at any depth, in the order of the text."""
    return (node for labelled in body for node in descend(labelled) if isinstance(node, s.Labelled))


def _first_line(span: Span) -> Span:
    """Return the part of the span that is on its first line: enough to point at a statement that has blocks."""
    end = span.text.find("\n")
    return span if end < 0 else Span(span.source, span.start, span.start + len(span.text[:end].rstrip()))


def _beginning(span: Span) -> str:
    """Return how the statement begins, to be quoted in a line."""
    text = _first_line(span).text
    return text if len(text) <= _LONGEST_QUOTATION and text == span.text else text[:_LONGEST_QUOTATION].rstrip() + " …"


_LONGEST_QUOTATION = 40


# ------------------------------------------------------------------------------------ between bodies


def _check_procedures(owners: list[_Owner], findings: Findings) -> None:
    """Report procedures that call themselves, directly or not."""
    procedures = {owner.name.name: owner for owner in owners if isinstance(owner, s.ProcedureDecl)}
    calls: dict[str, dict[str, s.Call]] = {}
    for name, procedure in procedures.items():
        statements = (labelled.statement for labelled in _statements(procedure.body))
        found = [st for st in statements if isinstance(st, s.Call) and st.procedure.name in procedures]
        calls[name] = {call.procedure.name: call for call in reversed(found)}
    for cycle in cycles(calls):
        links = [
            Label(calls[one][other].span, f"`{one}` calls `{other}` here")
            for one, other in zip(cycle, [*cycle[1:], cycle[0]], strict=True)
        ]
        findings.report(
            Code.RECURSIVE_PROCEDURE,
            f"the procedure `{cycle[0]}` calls itself{by_way_of(cycle[1:])}",
            links[0].span,
            links[0].text,
            secondary=links[1:],
            help_line="a recursive procedure needs a stack without bound: use a `while`, and a sequence for what is left to do",
        )


def _last_calls(block: s.Block) -> Iterator[s.Call]:
    """Yield every `call` behind which there is nothing more in a block."""
    match block[-1].statement if block else None:
        case s.Call() as call:
            yield call
        case s.IfStatement(_, yes, no):
            yield from _last_calls(yes)
            yield from _last_calls(no)
        case s.Either(branches):
            for branch in branches:
                yield from _last_calls(branch)
        case s.With(_, body):
            yield from _last_calls(body)
        case _:  # a `while` comes back to its own label
            pass


def _check_reached_labels(found: Processes, bodies: Mapping[int, _Body], findings: Findings) -> None:
    """Report labels that a process finds in two of the bodies that it runs: `pc` could not tell them apart."""
    for process in found.declarations.values():
        first: dict[str, tuple[s.Ident, _Body]] = {}
        for owner in (process, *found.reached[process.name.name]):
            body = bodies[id(owner)]
            for name, label in body.labels.items():
                if name not in first:
                    first[name] = (label, body)
                    continue
                twin, home = first[name]
                findings.report(
                    Code.DUPLICATE_NAME,
                    f"process {process.name.name} can be at two labels `{name}`",
                    label.span,
                    f"one in {body.described}",
                    secondary=[Label(twin.span, f"one in {home.described}")],
                    help_line="`pc` could not tell which: rename either",
                )
