"""Z3's answer to a script in SMT-LIB 2: in a context of its own, so that nothing of what was asked before is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pluscheck.base.answers import Answer, Gave
from pluscheck.base.errors import InternalError
from pluscheck.smt.library import BOOL_SORT, Library, Z3Exception, z
from pluscheck.smt.solver import Solver


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; after SAT with the bits of each constant that matters, by name; after UNKNOWN with the reason."""

    answer: Answer
    values: Mapping[str, int]
    gave: Gave | None = None


def answer_of(script: str, *, seconds: float | None) -> Reply:
    """Return Z3's answer to a script of declarations, definitions and assertions over Booleans and bit-vectors.

    Raises InternalError where Z3 does not accept the text.
    """
    library = Library()
    context = library.context
    try:
        assertions = z.Z3_parse_smtlib2_string(context, script, 0, None, None, 0, None, None)
    except Z3Exception as error:
        raise InternalError(f"z3 does not read a script: {error}") from None
    z.Z3_ast_vector_inc_ref(context, assertions)  # before any other call, which would free it
    library.check()
    solver = Solver(library)
    for number in range(z.Z3_ast_vector_size(context, assertions)):
        solver.add(z.Z3_ast_vector_get(context, assertions, number))
    z.Z3_ast_vector_dec_ref(context, assertions)
    library.check()
    answer = solver.check(seconds=seconds)
    if answer is not Answer.SAT:
        return Reply(answer, {}, solver.gave if answer is Answer.UNKNOWN else None)
    return Reply(answer, _values(library, solver))


def _values(library: Library, solver: Solver) -> dict[str, int]:
    """Return the bits of each constant that the model tells; those that it does not tell do not matter."""
    context = library.context
    model = z.Z3_solver_get_model(context, solver.handle)
    z.Z3_model_inc_ref(context, model)
    found: dict[str, int] = {}
    for number in range(z.Z3_model_get_num_consts(context, model)):
        declaration = z.Z3_model_get_const_decl(context, model, number)
        name = z.Z3_get_symbol_string(context, z.Z3_get_decl_name(context, declaration))
        value = z.Z3_model_get_const_interp(context, model, declaration)
        if z.Z3_get_sort_kind(context, z.Z3_get_sort(context, value)) == BOOL_SORT:
            found[name] = int(z.Z3_get_bool_value(context, value) == 1)
        else:
            found[name] = int(z.Z3_get_numeral_string(context, value))
    z.Z3_model_dec_ref(context, model)
    return found
