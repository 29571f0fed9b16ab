"""What everything is called in a TLA+ module."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from pluscheck.core import exprs as e
from pluscheck.core.system import LABEL_FAMILY, TransitionSystem
from pluscheck.core.types import EnumType, SortType, UnionType
from pluscheck.core.values import Atom
from pluscheck.exports.identifiers import Identifiers, spelled

RESERVED = frozenset(
    """ASSUME ASSUMPTION AXIOM BOOLEAN BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN ELSE ENABLED EXCEPT EXTENDS FALSE HAVE
    HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL MODULE NEW OBVIOUS OMITTED ONLY OTHER PICK PROOF PROPOSITION PROVE QED RECURSIVE SF_ STATE STRING SUBSET
    SUFFICES TAKE TEMPORAL THEN THEOREM TRUE UNCHANGED UNION USE VARIABLE VARIABLES WF_ WITH WITNESS ACTION
    Nat Int Real Seq Len Head Tail Append SubSeq SelectSeq IsFiniteSet Cardinality
    Print PrintT Assert JavaTime TLCGet TLCSet Permutations SortSeq RandomElement Any ToString TLCEval TLCExt SubsetsOfSize
    Init Next Spec vars Steps Terminating SomethingFaults Defined NothingChanges""".split()
)
"""Words of TLA+ and of the modules that are extended, and those that every module written here has."""


class Global(Enum):
    """Operators that a module has if it uses them."""

    NONE = "None"
    SOME = "Some"
    GET = "Get"
    OPTION = "Option"
    SEQUENCES = "SequencesUpTo"
    IS_SEQUENCE = "IsSequenceUpTo"
    POWER = "Power"


class TlaNames:
    """Names for the parts of a system; all are given out before any expression is written, so that what is bound can avoid them."""

    def __init__(
        self, system: TransitionSystem, module: str, operators: Iterable[str], families: Iterable[object]
    ) -> None:
        given = Identifiers({*RESERVED, module})

        def fresh(wanted: str) -> str:
            # TLA+ takes a name that begins so for a fairness condition.
            return given.fresh(f"x_{wanted}" if spelled(wanted).startswith(("WF_", "SF_")) else wanted)

        self._variables = {variable.name: fresh(variable.name) for variable in system.variables}
        self._constants = {constant.name: fresh(constant.name) for constant in system.constants}
        self._families: dict[str, str] = {}
        self.atoms: dict[tuple[str, int], str] = {}
        for name, elements in system.scope.items():
            self._families[name] = fresh(name)
            self.atoms.update({(name, atom.index): fresh(atom.label) for atom in elements})
        for family in families:
            if isinstance(family, EnumType | UnionType) and family.name not in self._families:
                self._families[family.name] = fresh(family.name.removeprefix(LABEL_FAMILY) + "_label"
                                                    if family.name.startswith(LABEL_FAMILY) else family.name)  # fmt: skip
        self._operators = {name: fresh(name) for name in operators}
        self.properties = {claim.name: fresh(claim.name) for claim in system.properties}
        self._helpers = {helper: fresh(helper.value) for helper in Global}
        self.fresh = fresh
        self._given = given
        self.used: set[Global] = set()
        self.order_of: Callable[[e.Choose], Callable[[str, str], str] | None] = lambda _: None

    @property
    def taken(self) -> Iterable[str]:
        """All words that mean something in the whole module."""
        return self._given.taken

    def variable(self, name: str) -> str:
        """Return what a variable is called."""
        return self._variables[name]

    def constant(self, name: str) -> str:
        """Return what a constant is called."""
        return self._constants[name]

    def operator(self, name: str) -> str:
        """Return what an operator is called."""
        return self._operators[name]

    def family(self, of: EnumType | SortType | UnionType) -> str:
        """Return what the set of a sort's, enum's or union's elements is called."""
        return self._families[of.name]

    def atom(self, atom: Atom) -> str:
        """Return an element of a sort, a model value, or a literal of an enum, a string."""
        return self.atoms.get((atom.family, atom.index)) or f'"{atom.label}"'

    def field(self, name: str) -> str:
        """Return what a field is called: as it is, unless it is a word of TLA+, which would be taken for that."""
        return f"{name}_field" if name in RESERVED or name.startswith(("WF_", "SF_")) else name

    def sort(self, name: str) -> str:
        """Return what the set of a sort's elements is called."""
        return self._families[name]

    def late(self, wanted: str) -> str:
        """Return a name for something that is found while expressions are written: one that no bound name looks like."""
        return self.fresh(f"{wanted}_")

    def word(self, helper: Global) -> str:
        """Return what an operator of ours would be called."""
        return self._helpers[helper]

    def helper(self, helper: Global) -> str:
        """Return what an operator of ours is called, which the module then has."""
        self.used.add(helper)
        if helper is Global.OPTION:
            self.used |= {Global.NONE, Global.SOME}
        return self._helpers[helper]
