"""Solvers that are asked about obligations, each given the text and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec

from pluscheck.base.answers import Answer
from pluscheck.base.errors import InternalError

Z3 = "Z3"


def z3_reply(script: str, seconds: float) -> tuple[Answer, dict[str, int]]:
    """Return the answer of Z3, in a context of its own, and the bits of the constants of a solution."""
    from pluscheck.smt.text import answer_of

    reply = answer_of(script, seconds=seconds)
    return reply.answer, dict(reply.values)


def _cvc5_answer(script: str, seconds: float) -> Answer:
    """Return the answer of cvc5. Its usual way with bit-vectors has given no answer in a minute where eager bit-blasting took a tenth of a second."""
    cvc5 = import_module("cvc5")
    solver = cvc5.Solver()
    solver.setOption("bitblast", "eager")
    solver.setOption("tlimit-per", str(max(1, int(seconds * 1000))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "obligation")
    found = ""
    while True:
        command = parser.nextCommand()
        if command.isNull():
            break
        found = str(command.invoke(solver, parser.getSymbolManager())).strip() or found
    return _answer(found)


def _bitwuzla_answer(script: str, seconds: float) -> Answer:
    """Return the answer of Bitwuzla."""
    bitwuzla = import_module("bitwuzla")
    options = bitwuzla.Options()
    options.set(bitwuzla.Option.TIME_LIMIT_PER, max(1, int(seconds * 1000)))
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    parser.parse(script.replace("(check-sat)", ""), True, False)
    return _answer(str(parser.bitwuzla().check_sat()))


def _answer(text: str) -> Answer:
    for answer in Answer:
        if text.endswith(f"{answer.value}") and (answer is not Answer.SAT or not text.endswith("unsat")):
            return answer
    return Answer.UNKNOWN


OTHERS: Mapping[str, Callable[[str, float], Answer]] = {"cvc5": _cvc5_answer, "bitwuzla": _bitwuzla_answer}
"""Independent solvers by the name of their package; the extra `solvers` brings them."""


def is_installed(name: str) -> bool:
    """Return whether a solver of `OTHERS` can be asked."""
    if name not in OTHERS:
        raise InternalError(f"no solver is called {name}")
    return find_spec(name) is not None


def other_answer(name: str, script: str, deadline: float) -> Answer:
    """Return the answer of a solver of `OTHERS` that is installed."""
    left = deadline - time.monotonic()
    return OTHERS[name](script, left) if left > 0 else Answer.UNKNOWN
