"""An incremental solver whose answers cannot be mistaken for truth values."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pluscheck.base.answers import Answer, Gave, at_work
from pluscheck.base.errors import InternalError
from pluscheck.smt.library import BOOL_SORT, Library, Term, Z3Exception, array, width_of, z

_LEAST_MEMORY = 64
"""Megabytes: with fewer there is nothing that Z3 could do."""

_UNLIMITED = 0


class Model:
    """A model that a solver found: values of constants."""

    def __init__(self, library: Library, handle: object) -> None:
        self._library = library
        self._handle = handle
        z.Z3_model_inc_ref(library.context, handle)

    def __del__(self) -> None:
        if self._library.open and z is not None:
            z.Z3_model_dec_ref(self._library.context, self._handle)

    def number(self, term: Term, low: int, high: int) -> int:
        """Return the value of a term that stands for a scalar of low..high; of a Boolean 0 or 1."""
        value = self._value(term)
        context = self._library.context
        if z.Z3_get_sort_kind(context, z.Z3_get_sort(context, term)) == BOOL_SORT:
            return int(z.Z3_get_bool_value(context, value) == 1)
        bits = int(z.Z3_get_numeral_string(context, value))
        width = width_of(low, high)
        return bits - (1 << width) if low < 0 and bits >> (width - 1) else bits

    def _value(self, term: Term) -> Term:
        context = self._library.context
        value = (type(term) * 1)()
        if not z.Z3_model_eval(context, self._handle, term, True, value):
            raise InternalError("z3 cannot evaluate a term in its own model")
        return value[0]


class Solver:
    """Z3's incremental SAT solver for finite domains, with assumptions.

    Args:
        library: whose terms are asserted.
        seed: of the solver's own choices; the same seed and calls give the same answers.
        memory: megabytes that Z3 may use in this process while it solves.
    """

    def __init__(self, library: Library, *, seed: int = 0, memory: int | None = None) -> None:
        self.library = library
        self.seconds = 0.0
        """Wall seconds spent in `check`."""
        self.gave: Gave | None = None
        self.interrupted = False
        self._memory = None if memory is None else max(_LEAST_MEMORY, memory)
        context = library.context
        self.handle = z.Z3_mk_solver_for_logic(context, z.Z3_mk_string_symbol(context, "QF_FD"))
        z.Z3_solver_inc_ref(context, self.handle)
        self._set(random_seed=seed)

    def __del__(self) -> None:
        if self.library.open and z is not None:
            z.Z3_solver_dec_ref(self.library.context, self.handle)

    def _set(self, **values: int) -> None:
        context = self.library.context
        params = z.Z3_mk_params(context)
        z.Z3_params_inc_ref(context, params)
        for name, value in values.items():
            z.Z3_params_set_uint(context, params, z.Z3_mk_string_symbol(context, name), value)
        # Z3 would take SIGINT for itself, and keep it: whoever runs the checks calls `interrupt` instead.
        z.Z3_params_set_bool(context, params, z.Z3_mk_string_symbol(context, "ctrl_c"), False)
        z.Z3_solver_set_params(context, self.handle, params)
        z.Z3_params_dec_ref(context, params)

    def add(self, term: Term) -> None:
        """Assert a formula for good."""
        z.Z3_solver_assert(self.library.context, self.handle, term)

    def check(self, assumptions: Sequence[Term] = (), *, seconds: float | None = None) -> Answer:
        """Return whether what was asserted can be true together with the assumptions (constants or their negations).

        Gives up with UNKNOWN after so many wall seconds, when interrupted, or when out of memory; `gave` then says which.
        """
        if seconds is not None and seconds <= 0:
            self.gave = Gave.TIME
            return Answer.UNKNOWN
        # A timeout of 0 would be none, and the largest is none too.
        self._set(timeout=2**32 - 1 if seconds is None else max(1, min(int(seconds * 1000), 2**31)))
        context = self.library.context
        started = time.monotonic()
        self.interrupted = False
        # The limit is the whole process's, and out of memory while terms are made there would be nothing to go on with.
        limit_memory(self._memory)
        try:
            with at_work(self):
                code = z.Z3_solver_check_assumptions(context, self.handle, len(assumptions), array(assumptions))
        except Z3Exception as error:
            self.gave = why_not(str(error))
            return Answer.UNKNOWN
        finally:
            limit_memory(None)
            self.seconds += time.monotonic() - started
        match code:
            case 1:
                return Answer.SAT
            case -1:
                return Answer.UNSAT
            case _:
                self.gave = why_not(z.Z3_solver_get_reason_unknown(context, self.handle))
                if self.interrupted:
                    self.gave = Gave.INTERRUPTED
                if self.gave is Gave.UP and seconds is not None and time.monotonic() - started >= seconds:
                    self.gave = Gave.TIME
                return Answer.UNKNOWN

    def interrupt(self) -> None:
        """Make a check that another thread has under way give up soon."""
        self.interrupted = True
        z.Z3_solver_interrupt(self.library.context, self.handle)

    def model(self) -> Model:
        """Return the model behind the last answer, which was SAT."""
        return Model(self.library, z.Z3_solver_get_model(self.library.context, self.handle))

    def needed_assumptions(self) -> bool:
        """Return whether the last answer, which was UNSAT, rests on the assumptions: without them there might be a model."""
        context = self.library.context
        core = z.Z3_solver_get_unsat_core(context, self.handle)
        z.Z3_ast_vector_inc_ref(context, core)
        size = z.Z3_ast_vector_size(context, core)
        z.Z3_ast_vector_dec_ref(context, core)
        return bool(size > 0)


def limit_memory(megabytes: int | None) -> None:
    """Let Z3 use so many megabytes in this process, or (None) as many as it wants."""
    z.Z3_global_param_set("memory_max_size", str(_UNLIMITED if megabytes is None else megabytes))


def why_not(reason: str | bytes) -> Gave:
    """Return why there is no answer, by what Z3 says of it."""
    text = reason.decode() if isinstance(reason, bytes) else reason
    if "interrupted" in text:
        return Gave.INTERRUPTED
    if "memory" in text or "memout" in text:
        return Gave.MEMORY
    if "timeout" in text or "canceled" in text:
        return Gave.TIME
    return Gave.UP
