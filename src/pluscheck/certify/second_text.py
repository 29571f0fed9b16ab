"""A system as LLVM IR, from the judge's own formulas: what is wrong in a state, and where its steps lead. For `second`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pluscheck.certify.behaviour import Behaviour, outermost
from pluscheck.certify.decisions import Decisions, Question, decisions
from pluscheck.certify.encoding import Encoding, Setting, SymbolicState
from pluscheck.certify.formulas import FALSE, TRUE, Formulas
from pluscheck.certify.machine_text import Text, kind
from pluscheck.certify.scalars import Cell, Scalars
from pluscheck.certify.symbols import Symbols
from pluscheck.core.symmetry import Exchange
from pluscheck.core.system import DEADLOCK, FAULTS, Action, Assertion, Bind, Guard, Pick, PropertyKind, TransitionSystem

WORD = 64

PART = 60
"""So many ways that a step can go have a function together, or more where they are told apart by one question."""


@dataclass(frozen=True, slots=True)
class Bits:
    """Where a scalar is in a state."""

    word: int
    shift: int
    width: int


@dataclass(frozen=True, slots=True)
class Step:
    """One way that a step can go, all its picks made: the condition that it does, and the state it leads to; None where it faults."""

    condition: int
    target: SymbolicState | None


def bits_of(values: Sequence[int]) -> tuple[list[Bits], int]:
    """Return the bits of scalars with so many values, and how many words they fill: each in as few bits as there can be, in order, none in two words."""
    found: list[Bits] = []
    word, free = 0, WORD
    for count in values:
        width = (count - 1).bit_length()
        if width > free:
            word, free = word + 1, WORD
        found.append(Bits(word, WORD - free, width))
        free -= width
    return found, word + 1


def _parts(steps: Decisions[Step]) -> Iterator[Decisions[Step]]:
    """Yield steps that have a function together."""
    if steps.certain:
        yield Decisions(steps.certain, ())
    part: list[Question[Step]] = []
    for question in steps.questions:
        part.append(question)
        if sum(each.size for each in part) >= PART:
            yield Decisions((), tuple(part))
            part = []
    if part:
        yield Decisions((), tuple(part))


class SecondText:
    """Writes the functions about one system. Raises OutgrownError and SpecError where it is too large.

    `names` are what is judged: all properties, `DEADLOCK` and `FAULTS`.
    """

    def __init__(self, system: TransitionSystem, *, deadline: float, permuted: tuple[Exchange, ...] = ()) -> None:
        self.system = system
        self.formulas = Formulas(deadline)
        self._symbols = Symbols(self.formulas, system.scope)
        self._behaviour = Behaviour(Encoding(system, self._symbols))
        self.scalars = Scalars(system, self._symbols)
        self.bits, self.words = bits_of([cell.values for cell in self.scalars.cells])
        self._own = self.scalars.written(self.scalars.state)
        self.steps = [step for action in system.actions for step in self._steps(action)]
        self._permuted = permuted
        self._decides = self._deciding()
        self.names = (*[claim.name for claim in system.properties], DEADLOCK, FAULTS)

    # --------------------------------------------------------------------------------------- steps

    def _steps(self, action: Action) -> Iterator[Step]:
        """Yield each way that a step by the action can go, and each in which it faults before its end."""
        yield from self._from(action, 0, outermost(self.scalars.state), TRUE)

    def _from(self, action: Action, position: int, setting: Setting, path: int) -> Iterator[Step]:
        """Yield how a step goes on after the clauses before `position`, which are passed where `path` is true."""
        formulas, encoding = self.formulas, self._behaviour.encoding
        if path == FALSE:
            return
        if position == len(action.clauses):
            new = {update.variable: encoding.meaning(update.value, setting) for update in action.updates}
            fault = formulas.any_([fault for _, fault in new.values()])
            target = tuple(
                [
                    self._symbols.told(new[variable.name][0]) if variable.name in new else old
                    for variable, old in zip(self.system.variables, self.scalars.state, strict=True)
                ]
            )
            yield from self._broken(path, fault)
            yield Step(formulas.and_(path, formulas.not_(fault)), target)
            return
        match action.clauses[position]:
            case Pick(name, domain):
                found, fault = encoding.meaning(domain, setting)
                yield from self._broken(path, fault)
                path = formulas.and_(path, formulas.not_(fault))
                for element, inside in self._symbols.elements(found).items() if path != FALSE else ():
                    picked = setting.binding({name: self._symbols.lifted(element)})
                    yield from self._from(action, position + 1, picked, formulas.and_(path, inside))
            case Guard(condition):
                truth, fault = encoding.truth(condition, setting)
                yield from self._broken(path, fault)
                yield from self._from(action, position + 1, setting, formulas.all_((path, formulas.not_(fault), truth)))
            case Bind(name, value_expr):
                value, fault = encoding.meaning(value_expr, setting)
                yield from self._broken(path, fault)
                bound = setting.binding({name: value})
                yield from self._from(action, position + 1, bound, formulas.and_(path, formulas.not_(fault)))
            case Assertion(condition):
                truth, fault = encoding.truth(condition, setting)
                yield from self._broken(path, formulas.or_(fault, formulas.not_(truth)))
                yield from self._from(action, position + 1, setting, formulas.all_((path, formulas.not_(fault), truth)))

    def _broken(self, path: int, fault: int) -> Iterator[Step]:
        broken = self.formulas.and_(path, fault)
        if broken != FALSE:
            yield Step(broken, None)

    # ----------------------------------------------------------------------------------- functions

    def text(self) -> str:
        """Return `@visit(bad, state, out)`: it counts in `bad` what is wrong, and returns the end of the successors that it writes.

        Of each of the names there is a word in `bad`, one more that counts steps to what is no state, and one for the steps of this state that fault.
        """
        parts = list(_parts(decisions(self.formulas, [(step.condition, step) for step in self.steps])))
        functions = [self._part(number, part) for number, part in enumerate(parts)]
        functions.append(self._properties())
        functions.append(self._stuck())
        functions += [self._exchange(number, each) for number, each in enumerate(self._permuted)]
        functions.append(self._normal())
        visit = [
            "define internal ptr @visit(ptr %bad, ptr %state, ptr %out) {",
            "  call void @properties(ptr %bad, ptr %state)",
            f"  %broken_at = getelementptr i64, ptr %bad, i64 {len(self.names) + 1}",
            "  store i64 0, ptr %broken_at",
        ]
        out = "%out"
        for number in range(len(parts)):
            visit.append(f"  %out{number} = call ptr @steps{number}(ptr %bad, ptr %state, ptr {out})")
            out = f"%out{number}"
        visit += [
            "  %broken = load i64, ptr %broken_at",
            "  %fine = icmp eq i64 %broken, 0",
            f"  %none = icmp eq ptr {out}, %out",
            "  %stuck = and i1 %fine, %none",
            "  br i1 %stuck, label %is_stuck, label %end",
            "is_stuck:",
            "  call void @stuck(ptr %bad, ptr %state)",
            "  br label %end",
            "end:",
            f"  ret ptr {out}",
            "}",
            "",
        ]
        return "\n".join([*functions, "\n".join(visit)])

    def _begun(self, header: str) -> tuple[Text, list[str]]:
        """Return a function that has read the state, and the words that it has read."""
        text = Text(self.formulas, header)
        text.line("entry:")
        words = [text.new(f"load i64, ptr {self._at(text, '%state', word)}") for word in range(self.words)]
        cells = zip(self.scalars.cells, self.bits, strict=True)
        text.define({cell.unknown: partial(self._read, text, words, cell, bits) for cell, bits in cells})
        return text, words

    def _read(self, text: Text, words: Sequence[str], cell: Cell, bits: Bits) -> str:
        """Write what takes a scalar out of the words of the state; return its value."""
        place = text.new(f"lshr i64 {words[bits.word]}, {bits.shift}")
        width = self.formulas.width[cell.unknown]
        if width == 0:
            return text.new(f"trunc i64 {place} to i1")
        place = text.new(f"and i64 {place}, {(1 << bits.width) - 1}")
        if width != WORD:
            place = text.new(f"{'trunc' if width < WORD else 'zext'} i64 {place} to {kind(width)}")
        return text.new(f"add {kind(width)} {place}, {cell.low}") if cell.low else place

    def _at(self, text: Text, base: str, word: int) -> str:
        return text.new(f"getelementptr i64, ptr {base}, i64 {word}")

    def _count(self, text: Text, condition: int, position: int) -> None:
        """Write that one more is counted where a condition is true."""
        if condition == FALSE:
            return
        (value,) = text.values([condition])
        place = self._at(text, "%bad", position)
        old = text.new(f"load i64, ptr {place}")
        more = text.new(f"add i64 {old}, {text.new(f'zext i1 {value} to i64')}")
        text.line(f"  store i64 {more}, ptr {place}")

    def _properties(self) -> str:
        """Return the function that counts what is wrong in the state itself."""
        text, _ = self._begun("internal void @properties(ptr %bad, ptr %state)")
        formulas = self.formulas
        for position, claim in enumerate(self.system.properties):
            if claim.kind is PropertyKind.TRANSITION:
                continue
            truth, fault = self._behaviour.truth(claim.formula, self.scalars.state)
            wrong = truth if claim.kind is PropertyKind.WITNESS else formulas.not_(truth)
            self._count(text, formulas.and_(wrong, formulas.not_(fault)), position)
            self._count(text, fault, self.names.index(FAULTS))
        text.line("  ret void")
        return text.text()

    def _stuck(self) -> str:
        """Return the function that counts what is wrong in a state that no step leads out of."""
        text, _ = self._begun("internal void @stuck(ptr %bad, ptr %state)")
        formulas = self.formulas
        truth, fault = FALSE, FALSE
        if self.system.terminal is not None:
            truth, fault = self._behaviour.truth(self.system.terminal, self.scalars.state)
        wrong = formulas.and_(formulas.not_(truth), formulas.not_(fault))
        self._count(text, wrong, self.names.index(DEADLOCK))
        self._count(text, fault, self.names.index(FAULTS))
        text.line("  ret void")
        return text.text()

    def _exchange(self, number: int, exchange: Exchange) -> str:
        """Return the function that exchanges two elements in a state, if its scalars, one after another, are then smaller, and says whether it did.

        It goes through the scalars from the first: whether one is smaller counts only where all before it are the same.
        """
        formulas = self.formulas
        target = self._exchanged(exchange)
        text, words = self._begun(f"internal i1 @exchange{number}(ptr %state)")
        smaller, same = FALSE, TRUE
        terms = self.scalars.written(target)
        for old, new in zip(self._own, terms, strict=True):
            if old == new or same == FALSE:
                continue
            if formulas.width[old] == 0:
                is_less = formulas.and_(old, formulas.not_(new))
            else:
                is_less = formulas.not_(formulas.compared("bvule", old, new))
            smaller = formulas.or_(smaller, formulas.and_(same, is_less))
            same = formulas.and_(same, formulas.equal(old, new))
        (value,) = text.values([smaller])
        text.line(f"  br i1 {value}, label %swap, label %over")
        text.line("swap:")
        for word, new_word in enumerate(self._words_of(text, target, words)):
            text.line(f"  store i64 {new_word}, ptr {self._at(text, '%state', word)}")
        text.line("  ret i1 1")
        text.line("over:")
        text.line("  ret i1 0")
        return text.text()

    def _exchanged(self, exchange: Exchange) -> SymbolicState:
        """Return what an exchange makes of a state."""
        # That it does not fault is so by its definition (`core.symmetry`), if not to be seen from the formulas: items of a sequence are read where its length is known.
        (target,) = [step.target for step in self._steps(exchange.action) if step.target is not None]
        return target

    def _normal(self) -> str:
        """Return the function that makes a state its normal form: all exchanges are tried again if any was made."""
        lines = ["define internal void @normal(ptr %state) {", "entry:", "  br label %all", "all:"]
        made = "0"
        for number in range(len(self._permuted)):
            lines += [
                f"  %is_made{number} = call i1 @exchange{number}(ptr %state)",
                f"  %one{number} = zext i1 %is_made{number} to i64",
                f"  %made{number} = add i64 %one{number}, {made}",
            ]
            made = f"%made{number}"
        lines += [
            f"  %none = icmp eq i64 {made}, 0",
            "  br i1 %none, label %over, label %all",
            "over:",
            "  ret void",
            "}",
        ]
        return "\n".join([*lines, ""])

    def _deciding(self) -> frozenset[int]:
        """Return the unknowns that exchanges change, or that decide what is exchanged for what: where they stay what they are, a normal form stays one."""
        found: set[int] = set()
        for exchange in self._permuted:
            terms = self.scalars.written(self._exchanged(exchange))
            changed = [k for k, (old, new) in enumerate(zip(self._own, terms, strict=True)) if old != new]
            found |= {self.scalars.cells[k].unknown for k in changed}
            found |= set(self.formulas.cone([term for k in changed for term in (self._own[k], terms[k])]))
        return frozenset(found)

    def _part(self, number: int, steps: Decisions[Step]) -> str:
        """Return the function that takes some of the steps."""
        text, words = self._begun(f"internal ptr @steps{number}(ptr %bad, ptr %state, ptr %out)")
        text.line("  %end_at = alloca ptr")
        text.line("  store ptr %out, ptr %end_at")
        self._decide(text, steps, words)
        text.line(f"  ret ptr {text.new('load ptr, ptr %end_at')}")
        return text.text()

    def _decide(self, text: Text, steps: Decisions[Step], words: Sequence[str]) -> None:
        """Write what asks which of the steps are possible, and takes them."""
        for step in steps.certain:
            self._take(text, step, words)
        for question in steps.questions:
            (value,) = text.values([question.subject])
            width, after = self.formulas.width[question.subject], text.label()
            arms = [(answer, text.label(), then) for answer, then in question.answers]
            if width == 0:
                labels = {answer: label for answer, label, _ in arms}
                text.line(f"  br i1 {value}, label %{labels.get(1, after)}, label %{labels.get(0, after)}")
            else:
                cases = " ".join(f"{kind(width)} {answer}, label %{label}" for answer, label, _ in arms)
                text.line(f"  switch {kind(width)} {value}, label %{after} [{cases}]")
            for _, label, then in arms:
                text.line(f"{label}:")
                place = text.place()
                self._decide(text, then, words)
                text.back_to(place)
                text.line(f"  br label %{after}")
            text.line(f"{after}:")

    def _take(self, text: Text, step: Step, words: Sequence[str]) -> None:
        """Write what is to be done where a step is possible: what it breaks is counted, and where it leads is added to the successors."""
        faults = self.names.index(FAULTS)
        if step.target is None:
            self._count(text, TRUE, faults)
            self._count(text, TRUE, len(self.names) + 1)
            return
        formulas = self.formulas
        self._count(text, formulas.not_(self._behaviour.typed(step.target)), len(self.names))
        for position, claim in enumerate(self.system.properties):
            if claim.kind is PropertyKind.TRANSITION:
                truth, fault = self._behaviour.truth(claim.formula, self.scalars.state, step.target)
                self._count(text, formulas.and_(formulas.not_(truth), formulas.not_(fault)), position)
                self._count(text, fault, faults)
        self._store(text, step.target, words)

    def _store(self, text: Text, target: SymbolicState, before: Sequence[str]) -> None:
        """Write that a state is added to the successors: the words of the state before, with other bits where a scalar is another one."""
        out = text.new("load ptr, ptr %end_at")
        for word, value in enumerate(self._words_of(text, target, before)):
            text.line(f"  store i64 {value}, ptr {self._at(text, out, word)}")
        terms = zip(self.scalars.cells, self._own, self.scalars.written(target), strict=True)
        if any(cell.unknown in self._decides for cell, old, new in terms if old != new):
            text.line(f"  call void @normal(ptr {out})")
        text.line(f"  store ptr {self._at(text, out, self.words)}, ptr %end_at")

    def _words_of(self, text: Text, target: SymbolicState, before: Sequence[str]) -> list[str]:
        """Write the words of a state, which was another one before; return them."""
        terms = self.scalars.written(target)
        changed = [k for k, (old, new) in enumerate(zip(self._own, terms, strict=True)) if old != new]
        words = list(before)
        for word in {self.bits[k].word for k in changed}:
            mask = sum(
                ((1 << self.bits[k].width) - 1) << self.bits[k].shift for k in changed if self.bits[k].word == word
            )
            words[word] = text.new(f"and i64 {words[word]}, {~mask}")
        for k, value in zip(changed, text.values([terms[k] for k in changed]), strict=True):
            bits, width = self.bits[k], kind(self.formulas.width[terms[k]])
            whole = value if width == "i64" else text.new(f"zext {width} {value} to i64")
            words[bits.word] = text.new(f"or i64 {words[bits.word]}, {text.new(f'shl i64 {whole}, {bits.shift}')}")
        return words
