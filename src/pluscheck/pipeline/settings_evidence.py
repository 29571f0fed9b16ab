"""Evidence about settings of switches, judged: runs in one setting, and proofs of all that are left together, read back from their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pluscheck.base.errors import InternalError, SpecError
from pluscheck.base.source import Source
from pluscheck.bits.unrolling import Unrolling
from pluscheck.certify.inductive import InvariantJudge
from pluscheck.certify.opinions import NotJudged, Refuted
from pluscheck.certify.opinions import Shown as ShownToHold
from pluscheck.core.switches import (
    SETTINGS,
    Protection,
    Setting,
    as_constants,
    as_variables,
    with_free_switches,
    with_setting,
)
from pluscheck.core.system import PropertyKind, TransitionSystem
from pluscheck.engines.ablation.search import outside
from pluscheck.engines.ablation.settings import Cube
from pluscheck.engines.bmc import bounded
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.verdict import InductiveInvariant, Proved, Reached, Violated
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lower.predicates import NotExpressibleError, PredicateWriter, lowered_predicates
from pluscheck.pipeline.certificates import invariant_of
from pluscheck.pipeline.evidence import JUDGE_SECONDS, Judge, Judged, RejectedError
from pluscheck.proofs.document import Clause, StoredInvariant


@dataclass(frozen=True, slots=True)
class Joint:
    """A proof that in all settings outside of some cubes nothing is violated: as text, and what the text says of `system`, in which switches are constants."""

    text: StoredInvariant
    system: TransitionSystem
    invariant: InductiveInvariant
    judged: str | None
    """What it rests on; None if it could not be judged, for the reason in `open_`."""
    open_: str | None


@dataclass(slots=True)
class SettingsJudge:
    """Judges evidence about settings of one model, which was lowered with open switches."""

    elaborated: Elaborated
    system: TransitionSystem
    of: Sequence[Protection]
    _systems: dict[Setting, TransitionSystem] = field(default_factory=dict)

    @property
    def opened(self) -> frozenset[str]:
        """The switches that are open."""
        return frozenset(c.name for c in self.system.constants if c.is_switch)

    def concrete(self, setting: Setting) -> TransitionSystem:
        """Return the model's system in a setting."""
        known = self._systems.get(setting)
        if known is None:
            known = self._systems[setting] = with_setting(self.system, self.of, setting)
        return known

    def run(self, setting: Setting, name: str, verdict: Violated | Reached) -> Judged:
        """Return a run in a setting, replayed. Raises RejectedError."""
        return Judge(self.concrete(setting), 0).judged(name, verdict)

    def shortest(
        self, setting: Setting, names: Sequence[str], steps: int, seconds: float | None
    ) -> Mapping[str, Judged]:
        """Return a shortest run, replayed, for each of the names that have one of at most so many steps in this setting. Raises RejectedError."""
        budget = Budget(depth=steps, seconds=seconds)
        found = bounded(self.concrete(setting), frozenset(names), budget, ignore, Unrolling)
        verdicts = {name: found.verdicts[name] for name in names}
        return {n: self.run(setting, n, v) for n, v in verdicts.items() if isinstance(v, Violated | Reached)}

    def joint(self, cubes: Sequence[Cube], names: Sequence[str], proof: Proved) -> Joint:
        """Return a proof of all settings outside of the cubes, in words, read back and judged for each of the names. Raises RejectedError."""
        certificate = proof.certificate
        if not isinstance(certificate, InductiveInvariant):
            raise InternalError("a proof of many settings is to be an invariant")
        writer = PredicateWriter(self.elaborated, self.system)
        formulas = as_constants(certificate.conjuncts, self.system)
        try:
            text = StoredInvariant(tuple([Clause(writer.text(f)) for f in formulas]), certificate.properties)
            return self.read_back(cubes, names, text, "certificate")
        except NotExpressibleError as error:
            reason = f"it cannot be written: {error}"
        except SpecError as error:
            reason = f"what it says cannot be read back: {error}"
        return Joint(
            StoredInvariant((), ()), self.system, InductiveInvariant(formulas, certificate.properties), None, reason
        )

    def read_back(self, cubes: Sequence[Cube], names: Sequence[str], text: StoredInvariant, file: str) -> Joint:
        """Return what a text says, judged for each of the names. Raises RejectedError, and SpecError if it is no formulas."""
        sources = [Source(f"{file}, conjunct {n}", clause.text) for n, clause in enumerate(text.conjuncts, 1)]
        found = lowered_predicates(self.elaborated, self.system.model, sources, open_switches=self.opened)
        invariant = InductiveInvariant(found.formulas, text.properties)
        # With the operators that the text mentions, and what is asked besides the properties of the specification.
        system = replace(found.system, properties=self.system.properties)
        free = with_free_switches(system, self.of, outside(cubes, self.of))
        over_variables = InductiveInvariant(as_variables(found.formulas, system), text.properties)
        judged, open_ = _opinion(free, over_variables, names)
        return Joint(text, system, invariant, judged, open_)

    def in_setting(self, joint: Joint, setting: Setting, names: Sequence[str]) -> str | None:
        """Return what it rests on that in one setting, taken by itself, nothing is violated; None if it cannot be judged. Raises RejectedError."""
        known = {p.name for p in joint.system.properties}
        properties = tuple([n for n in joint.invariant.properties if n != SETTINGS and n in known])
        system = with_setting(joint.system, self.of, setting)
        return _opinion(system, InductiveInvariant(joint.invariant.conjuncts, properties), names)[0]

    def witnesses(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of the names that are witnesses."""
        kinds = {p.name: p.kind for p in self.system.properties}
        return tuple([name for name in names if kinds.get(name) is PropertyKind.WITNESS])


def _opinion(
    system: TransitionSystem, invariant: InductiveInvariant, names: Sequence[str]
) -> tuple[str | None, str | None]:
    """Return what it rests on that none of the names is violated, or why that is not known. Raises RejectedError."""
    judge = InvariantJudge(system, invariant, seconds=JUDGE_SECONDS)
    by: dict[str, None] = {}
    for name in names:
        opinion = judge.opinion(name)
        match opinion:
            case ShownToHold():
                by.update(dict.fromkeys(opinion.by))
            case NotJudged(reason):
                return None, reason
            case Refuted(reason):
                raise RejectedError(reason)
    what = invariant_of(len(invariant.conjuncts) + len(invariant.properties))
    return f"{what}, judged by {' and '.join(by)}", None
