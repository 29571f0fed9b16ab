"""What the checking of one specification shares: findings, known types, and questions put off until a type is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.dependencies import Dependencies
from pluscheck.lang.elaborated import Annotations, Meaning
from pluscheck.lang.findings import MOST_FINDINGS, Findings
from pluscheck.lang.scopes import Bound, Entry, Scope
from pluscheck.lang.symbols import BUILTIN_ARITY, INFINITE_SETS, PC, SymbolTable
from pluscheck.lang.types import LabelType, SortType, Type, UnionType, Unknown
from pluscheck.lang.unify import ERROR, LabelShape, TypeTooLargeError, Unifier
from pluscheck.lang.wording import did_you_mean, phrase

DEEPEST = 6_000
"""How many expressions may be inside each other, counting through the bodies of operators."""

MOST_NODES_IN_INSTANCES = 300_000
"""How many expressions are looked at inside operators' instances, before we say that there are too many."""


class ExhaustedError(Exception):
    """Checking would take too long, which has been reported; or more has been reported than anyone wants to read."""


@dataclass(frozen=True, slots=True)
class Use:
    """An operator used at a place."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class At:
    """Where we are: whose annotations are written, which module's names are seen, and by which uses of operators we got here."""

    annotations: Annotations
    home: str
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class PutOff:
    """A question about an expression whose type was not known yet."""

    about: Type
    span: Span
    at: At
    answer: Callable[[Type], None]


@dataclass(frozen=True, slots=True)
class LabelUse:
    """A string literal: some process's label."""

    name: str
    span: Span
    type: Type
    at: At


class Session:
    """Shared state of the checker, and how it reports."""

    def __init__(self, table: SymbolTable, known: Dependencies, findings: Findings, root: str) -> None:
        self.table = table
        self.known = known
        self.findings = findings
        self.unifier = Unifier()
        self.main = Annotations()
        self.at = At(self.main, root)
        self.guessing = False
        """Whether operators are looked at with argument types that are not known."""
        self.put_off: list[PutOff] = []
        self.label_uses: list[LabelUse] = []
        self._untyped_only = False

    # ------------------------------------------------------------------------------------- reporting

    def report(
        self,
        code: Code,
        message: str,
        span: Span,
        text: str,
        *,
        secondary: Iterable[Label] = (),
        help_line: str | None = None,
    ) -> None:
        """Report, and say by which use of an operator we got to the place. Raises ExhaustedError once there is enough."""
        if len(self.findings) >= MOST_FINDINGS:
            raise ExhaustedError
        uses = self.at.uses
        labels = list(secondary)
        if uses:
            labels.append(Label(uses[-1].span, f"in this use of {uses[-1].name}"))
            if len(uses) > 1 and uses[0].span != uses[-1].span:
                labels.append(Label(uses[0].span, f"by way of this use of {uses[0].name}"))
        self.findings.report(code, message, span, text, secondary=labels, help_line=help_line)

    def phrase(self, of: Type) -> str:
        """Return the type in words, with all that is known of it."""
        known = self.unifier.resolve(of)
        shape = self.unifier.shape(known) if isinstance(known, Unknown) else None
        if shape is not None:
            return "a label" if isinstance(shape, LabelShape) else "a tuple or a sequence"
        try:
            return phrase(self.unifier.zonk(of))
        except TypeTooLargeError:
            return "something of a huge type"

    def this_is(self, node: s.Node, of: Type) -> Label:
        """Return a label that says what type the node has."""
        return Label(node.span, f"this is {self.phrase(of)}")

    def unknown_name(self, name: str, span: Span, scope: Scope) -> Type:
        """Report a name that stands for nothing here."""
        if len(self.findings) >= MOST_FINDINGS:
            raise ExhaustedError
        home = self.at.home
        elsewhere = self.table.symbols.get(name)
        if elsewhere is not None:
            help_line: str | None = f"it is declared in module {elsewhere.module}, which {home} does not extend"
        elif name in INFINITE_SETS:
            return self.infinite_set(name, span)
        else:
            help_line = did_you_mean(name, [*scope.names(), *self.table.names(home), *BUILTIN_ARITY])
        self.findings.report(
            Code.UNKNOWN_NAME,
            f"nothing here is called `{name}`",
            span,
            "unknown name",
            help_line=help_line,
        )
        return ERROR

    def infinite_set(self, name: str, span: Span) -> Type:
        """Report a set of TLA+ that is infinite."""
        self.report(
            Code.INFINITE_SET,
            f"`{name}` is infinite, and every set here is finite",
            span,
            "an infinite set",
            help_line="give a range, such as `0..7`" if name in ("Nat", "Int") else "give a finite set",
        )
        return ERROR

    def mismatch(
        self,
        span: Span,
        actual: Type,
        expected: Type,
        *,
        because: Label | None = None,
        code: Code = Code.TYPE_MISMATCH,
    ) -> Type:
        """Report that something of one type stands where another is expected."""
        self.report(
            code,
            f"this is {self.phrase(actual)}, but {self.phrase(expected)} is expected",
            span,
            f"this is {self.phrase(actual)}",
            secondary=[because] if because is not None else [],
            help_line=self._help_with(actual, expected),
        )
        return ERROR

    def no_common_type(self, message: str, left: s.Node, left_type: Type, right: s.Node, right_type: Type) -> Type:
        """Report that two expressions should have one type and do not."""
        self.report(
            Code.TYPE_MISMATCH,
            message,
            right.span,
            f"this is {self.phrase(right_type)}",
            secondary=[self.this_is(left, left_type)],
            help_line=self._help_with(left_type, right_type),
        )
        return ERROR

    def _help_with(self, one: Type, other: Type) -> str | None:
        pair = (self.unifier.resolve(one), self.unifier.resolve(other))
        match pair:
            case (SortType(a), SortType(b)):
                return f"to mix the two, declare their union, such as `type Either == {a} | {b}`"
            case (SortType(name), UnionType(union, _)) | (UnionType(union, _), SortType(name)):
                return f"`{name}` is no part of `{union}`"
            case (LabelType(), LabelType()):
                return "each process has labels of its own"
            case _:
                return None

    def mean(self, node: s.Node, meaning: Meaning) -> None:
        """Annotate what a name, or an applied name, stands for."""
        self.at.annotations.meanings[id(node)] = meaning

    # ------------------------------------------------------------------------------------- unification

    def expect(self, node: s.Node, actual: Type, expected: Type, *, because: Label | None = None) -> Type:
        """Return the expected type; report unless the node's type fits it."""
        if self.unifier.fits(actual, expected):
            return expected
        return self.mismatch(node.span, actual, expected, because=because)

    def resolve(self, of: Type) -> Type:
        """Return the type with what is known of it at the top."""
        return self.unifier.resolve(of)

    def is_open(self, of: Type) -> bool:
        """Tell whether nothing at all is known of the type."""
        of = self.resolve(of)
        return isinstance(of, Unknown) and of != ERROR and self.unifier.shape(of) is None

    def when_known(self, about: Type, node: s.Node, answer: Callable[[Type], Type]) -> Type:
        """Return the type that `answer` gives once something is known of `about`: perhaps now, perhaps later."""
        if not self.is_open(about):
            return answer(self.resolve(about))
        result = self.unifier.fresh()

        def answer_later(known: Type) -> None:
            self.expect(node, answer(known), result)

        self.put_off.append(PutOff(about, node.span, self.at, answer_later))
        return result

    def answer_put_off(self, start: int = 0) -> None:
        """Answer the questions from number `start` on that can be answered by now."""
        progress = True
        while progress:
            progress = False
            waiting = self.put_off[start:]
            del self.put_off[start:]
            for question in waiting:
                if self.is_open(question.about):
                    self.put_off.append(question)
                    continue
                progress = True
                saved, self.at = self.at, question.at
                try:
                    question.answer(self.resolve(question.about))
                except TypeTooLargeError:
                    self.too_large(question.span)
                finally:
                    self.at = saved

    def check_put_off(self) -> None:
        """Report the questions that nothing has answered."""
        self.answer_put_off()
        for question in self.put_off:
            self.untyped(question.span, "the type of this expression cannot be told", question.at)
        self.put_off.clear()

    def untyped(self, span: Span, message: str, at: At) -> None:
        """Report something whose type nothing tells."""
        # Where something is wrong anyway, this would often be a consequence of it.
        if len(self.findings) == 0 or self._untyped_only:
            self._untyped_only = True
            saved, self.at = self.at, at
            self.report(Code.UNTYPED_EXPRESSION, message, span, "nothing says what this is")
            self.at = saved

    def too_large(self, span: Span) -> Type:
        """Report a type that no model could have."""
        self.report(Code.TYPE_TOO_LARGE, "the type of this expression is too large", span, "too large")
        return ERROR

    # ------------------------------------------------------------------------------------------ scopes

    def bind(self, scope: Scope, name: s.Ident, entry: Entry) -> None:
        """Bind a name in the scope; report if it is taken, since nothing may be shadowed. Raises TypeTooLargeError."""
        if isinstance(entry, Bound):
            self.unifier.unknowns(entry.type)
        twin = scope.entries.get(name.name)
        if twin is not None:
            self.findings.report(
                Code.DUPLICATE_NAME,
                f"`{name.name}` is bound twice",
                name.span,
                "bound again here",
                secondary=[Label(twin.span, "first bound here")],
            )
            return
        taken = scope.look_up(name.name)
        symbol = self.table.look_up(name.name, self.at.home)
        if taken is not None:
            self._shadowed(name, Label(taken.span, f"`{name.name}` is bound here already"))
        elif symbol is not None:
            self._shadowed(name, Label(symbol.span, f"`{name.name}` is {symbol.noun}"))
        elif name.name in BUILTIN_ARITY or name.name == PC:
            self._shadowed(name, None)
        scope.entries[name.name] = entry

    def _shadowed(self, name: s.Ident, first: Label | None) -> None:
        self.findings.report(
            Code.SHADOWED_NAME,
            f"`{name.name}` has a meaning here already" + ("" if first is not None else ": it is built in"),
            name.span,
            "bound again here",
            secondary=[first] if first is not None else [],
            help_line="as in TLA+, a name cannot be bound again where it is visible: choose another",
        )
