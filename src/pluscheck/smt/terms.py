"""The nodes of a DAG as Z3 terms: Booleans as Booleans, integers as bit-vectors as wide as their intervals need.

An integer whose interval has no negative number is unsigned, any other is in two's complement. Addition, subtraction, multiplication and
negation are right modulo two to the power of the result's width, whatever the operands' widths; comparisons and divisions extend both sides first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pluscheck.base.errors import InternalError
from pluscheck.ground import dag as d
from pluscheck.ground.dag import Dag
from pluscheck.smt import library as lib
from pluscheck.smt.library import Library, Term, width_of


class Terms:
    """The terms of a DAG's nodes in a library. `inputs` are the terms of its leaf nodes; leaves without one get a new constant."""

    def __init__(self, library: Library, dag: Dag, inputs: Mapping[int, Term]) -> None:
        self.library = library
        self.dag = dag
        self.of_node: dict[int, Term] = {d.FALSE: library.false, d.TRUE: library.true, **inputs}
        self._resized: dict[tuple[int, int], Term] = {}

    def input(self, node: int) -> Term:
        """Return a new constant that can stand for a leaf node."""
        if self.dag.op[node] == d.LEAF:
            return self.library.constant(None)
        return self.library.constant(width_of(self.dag.low[node], self.dag.high[node]))

    def within(self, node: int, possible: Iterable[int] | None) -> Term:
        """Return the formula that a leaf's term has a value of the leaf; of a Boolean, true."""
        dag, library = self.dag, self.library
        if dag.op[node] == d.LEAF:
            return library.true
        term, low, high = self.of_node[node], dag.low[node], dag.high[node]
        width = width_of(low, high)
        if possible is not None:
            return library.disjunction(
                [lib.mk_eq(library.context, term, library.numeral(value, width)) for value in possible]
            )
        less = lib.mk_bvult if low >= 0 else lib.mk_bvslt
        bounds = []
        if low > 0 or (low < 0 and low > -(1 << (width - 1))):
            bounds.append(lib.mk_not(library.context, less(library.context, term, library.numeral(low, width))))
        if high < (1 << width) - 1 if low >= 0 else high < (1 << (width - 1)) - 1:
            bounds.append(lib.mk_not(library.context, less(library.context, library.numeral(high, width), term)))
        return library.conjunction(bounds)

    def has_value(self, node: int, value: int) -> Term:
        """Return the formula that an encoded node has a value."""
        dag, library = self.dag, self.library
        term = self.of_node[node]
        if dag.op[node] < d.FIRST_INT_OP:
            return term if value else lib.mk_not(library.context, term)
        return lib.mk_eq(library.context, term, library.numeral(value, width_of(dag.low[node], dag.high[node])))

    def encode(self, roots: Iterable[int]) -> list[Term]:
        """Return the terms of nodes."""
        wanted = list(roots)
        of_node = self.of_node
        op, args = self.dag.op, self.dag.args
        context = self.library.context
        mk_not, mk_and, mk_ite, mk_eq = lib.mk_not, lib.mk_and, lib.mk_ite, lib.mk_eq
        array = lib.array
        for node in self.dag.cone(wanted):
            if node in of_node:
                continue
            kind = op[node]
            if kind == d.NOT:
                of_node[node] = mk_not(context, of_node[args[node][0]])
            elif kind == d.AND:
                operands = args[node]
                of_node[node] = mk_and(context, len(operands), array([of_node[x] for x in operands]))
            elif kind == d.ITE:
                condition, yes, no = args[node]
                of_node[node] = mk_ite(context, of_node[condition], of_node[yes], of_node[no])
            elif kind == d.IFF:
                left, right = args[node]
                of_node[node] = mk_eq(context, of_node[left], of_node[right])
            else:
                of_node[node] = self._integer_term(node)
        self.library.check()
        return [of_node[node] for node in wanted]

    def _integer_term(self, node: int) -> Term:
        """Return the term of a leaf, of an operation on integers, or of a comparison."""
        dag, context = self.dag, self.library.context
        kind, args = dag.op[node], dag.args[node]
        if kind in (d.LEAF, d.INT_LEAF):
            return self.input(node)
        if kind in (d.EQ, d.LT):
            width, signed = self._common(args)
            left, right = self._sized(args[0], width), self._sized(args[1], width)
            if kind == d.EQ:
                return lib.mk_eq(context, left, right)
            return (lib.mk_bvslt if signed else lib.mk_bvult)(context, left, right)
        width = width_of(dag.low[node], dag.high[node])
        if kind == d.INT_CONST:
            return self.library.numeral(dag.low[node], width)
        if kind == d.INT_ITE:
            yes, no = self._sized(args[1], width), self._sized(args[2], width)
            return lib.mk_ite(context, self.of_node[args[0]], yes, no)
        if kind in (d.DIV, d.MOD):
            return self._divided(kind, args, width)
        operands = [self._sized(arg, width) for arg in args]
        if kind == d.ADD:
            return lib.mk_bvadd(context, *operands)
        if kind == d.SUB:
            return lib.mk_bvsub(context, *operands)
        if kind == d.MUL:
            return lib.mk_bvmul(context, *operands)
        if kind == d.NEG:
            return lib.mk_bvneg(context, *operands)
        raise InternalError(f"no term for operation {kind}")

    def _divided(self, kind: int, args: tuple[int, ...], width: int) -> Term:
        context = self.library.context
        common, signed = self._common(args)
        # One bit more, since the least number of a width divided by -1 does not fit.
        common += int(signed)
        left, right = self._sized(args[0], common), self._sized(args[1], common)
        if not signed:
            made = (lib.mk_bvudiv if kind == d.DIV else lib.mk_bvurem)(context, left, right)
            return self._resize(made, common, width, signed=False)
        # The remainder with the divisor's sign is what the floor of the quotient leaves.
        remainder = lib.mk_bvsmod(context, left, right)
        if kind == d.MOD:
            return self._resize(remainder, common, width, signed=True)
        quotient = lib.mk_bvsdiv(context, lib.mk_bvsub(context, left, remainder), right)
        return self._resize(quotient, common, width, signed=True)

    def _common(self, args: Iterable[int]) -> tuple[int, bool]:
        """Return a width that holds all the integers, and whether it is with a sign."""
        low = min(self.dag.low[arg] for arg in args)
        high = max(self.dag.high[arg] for arg in args)
        return width_of(low, high), low < 0

    def _sized(self, node: int, width: int) -> Term:
        """Return an integer's lowest `width` bits, extended by its sign if there are fewer."""
        dag = self.dag
        low = dag.low[node]
        if dag.op[node] == d.INT_CONST:
            return self.library.numeral(low, width)
        own = width_of(low, dag.high[node])
        if own == width:
            return self.of_node[node]
        key = (node, width)
        term = self._resized.get(key)
        if term is None:
            term = self._resized[key] = self._resize(self.of_node[node], own, width, signed=low < 0)
        return term

    def _resize(self, term: Term, width: int, wanted: int, *, signed: bool) -> Term:
        context = self.library.context
        if width == wanted:
            return term
        if width > wanted:
            return lib.mk_extract(context, wanted - 1, 0, term)
        return (lib.mk_sign_ext if signed else lib.mk_zero_ext)(context, wanted - width, term)
