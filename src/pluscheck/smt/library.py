"""Z3's C functions, called directly: a term costs about half of what it costs through the operators of z3's Python classes.

A `Library` owns a context of the kind in which terms live as long as it does, so terms need no reference counting. Functions that only make
terms are called without asking for errors after each: such an error is a mistake of ours, and `Library.check` asks once for many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from z3 import z3core as z
from z3.z3consts import Z3_BOOL_SORT
from z3.z3types import Ast, Sort, Z3Exception

from pluscheck.base.errors import InternalError

BOOL_SORT = Z3_BOOL_SORT

Term = Any
"""A Z3 term; it belongs to its library."""


def _raw(name: str) -> Any:
    """Return the C function behind one of z3core's checked wrappers."""
    return getattr(z, name).__defaults__[0].f


mk_not = _raw("Z3_mk_not")
mk_and = _raw("Z3_mk_and")
mk_or = _raw("Z3_mk_or")
mk_ite = _raw("Z3_mk_ite")
mk_eq = _raw("Z3_mk_eq")
mk_implies = _raw("Z3_mk_implies")
mk_bvult = _raw("Z3_mk_bvult")
mk_bvslt = _raw("Z3_mk_bvslt")
mk_bvadd = _raw("Z3_mk_bvadd")
mk_bvsub = _raw("Z3_mk_bvsub")
mk_bvmul = _raw("Z3_mk_bvmul")
mk_bvneg = _raw("Z3_mk_bvneg")
mk_bvudiv = _raw("Z3_mk_bvudiv")
mk_bvurem = _raw("Z3_mk_bvurem")
mk_bvsdiv = _raw("Z3_mk_bvsdiv")
mk_bvsmod = _raw("Z3_mk_bvsmod")
mk_zero_ext = _raw("Z3_mk_zero_ext")
mk_sign_ext = _raw("Z3_mk_sign_ext")
mk_extract = _raw("Z3_mk_extract")
mk_unsigned_int64 = _raw("Z3_mk_unsigned_int64")
get_app_arg = _raw("Z3_get_app_arg")


def _ignore_error(_context: object, _code: int) -> None:
    """Do nothing: errors are asked for. Without a handler the library prints and exits."""


def width_of(low: int, high: int) -> int:
    """Return how many bits hold every number of an interval: without a sign if `low` is not negative, else with one."""
    if low >= 0:
        return max(1, high.bit_length())
    return max((~low).bit_length(), high.bit_length() if high > 0 else 0) + 1


class Library:
    """A Z3 context of its own, with the sorts and constants that terms are made of."""

    def __init__(self) -> None:
        config = z.Z3_mk_config()
        self.context = z.Z3_mk_context(config)
        self.open = True
        z.Z3_del_config(config)
        self._handler = z.Z3_set_error_handler(self.context, _ignore_error)
        self.bool_sort = z.Z3_mk_bool_sort(self.context)
        self.true = z.Z3_mk_true(self.context)
        self.false = z.Z3_mk_false(self.context)
        self._sorts: dict[int, Sort] = {}
        self._numerals: dict[tuple[int, int], Term] = {}
        self._names = 0

    def __del__(self) -> None:
        # With a context go its solvers and models: where all of them are collected in one cycle, in any order, they ask `open` first.
        context, self.open = getattr(self, "context", None), False
        if context is not None and z is not None:
            z.Z3_del_context(context)

    def check(self) -> None:
        """Raise InternalError if a call since the last check went wrong."""
        code = z.Z3_get_error_code(self.context)
        if code != 0:
            raise InternalError(f"z3: {z.Z3_get_error_msg(self.context, code)}")

    def bit_vectors(self, width: int) -> Sort:
        """Return the sort of bit-vectors of a width."""
        sort = self._sorts.get(width)
        if sort is None:
            sort = self._sorts[width] = z.Z3_mk_bv_sort(self.context, width)
        return sort

    def numeral(self, value: int, width: int) -> Term:
        """Return a number as a bit-vector: the lowest `width` bits of its two's complement."""
        key = (value, width)
        term = self._numerals.get(key)
        if term is None:
            bits = value & ((1 << width) - 1)
            sort = self.bit_vectors(width)
            if width <= 64:
                term = mk_unsigned_int64(self.context, bits, sort)
            else:
                term = z.Z3_mk_numeral(self.context, str(bits), sort)
            self._numerals[key] = term
        return term

    def constant(self, width: int | None) -> Term:
        """Return a new constant: a bit-vector of a width, or (None) a Boolean."""
        self._names += 1
        symbol = z.Z3_mk_int_symbol(self.context, self._names)
        return z.Z3_mk_const(self.context, symbol, self.bool_sort if width is None else self.bit_vectors(width))

    def conjunction(self, terms: Sequence[Term]) -> Term:
        """Return the conjunction of any number of terms."""
        return mk_and(self.context, len(terms), array(terms)) if terms else self.true

    def disjunction(self, terms: Sequence[Term]) -> Term:
        """Return the disjunction of any number of terms."""
        return mk_or(self.context, len(terms), array(terms)) if terms else self.false

    def substituted(self, template: Term, old: Sequence[Term], new: Sequence[Term]) -> Term:
        """Return the template with constants replaced."""
        return z.Z3_substitute(self.context, template, len(old), array(old), array(new))

    def bundle(self, terms: Sequence[Term]) -> Term:
        """Return one term that holds Boolean terms, so that one substitution does for all of them; `unbundled` takes it apart."""
        sorts = (Sort * len(terms))(*([self.bool_sort] * len(terms)))
        symbol = z.Z3_mk_string_symbol(self.context, f"bundle of {len(terms)}")
        function = z.Z3_mk_func_decl(self.context, symbol, len(terms), sorts, self.bool_sort)
        return z.Z3_mk_app(self.context, function, len(terms), array(terms))

    def unbundled(self, bundle: Term, count: int) -> list[Term]:
        """Return the terms of a bundle of so many."""
        return [get_app_arg(self.context, bundle, index) for index in range(count)]


def array(terms: Sequence[Term]) -> Any:
    """Return terms as C sees them."""
    return (Ast * len(terms))(*terms)


__all__ = ["BOOL_SORT", "Library", "Sort", "Term", "Z3Exception", "array", "width_of", "z"]
