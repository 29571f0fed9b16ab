"""From LLVM IR, as text, to functions that Python can call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

NEEDS = "llvmlite"
"""The package that does it."""

_NOT_THERE = "llvmlite, which makes machine code, is not installed"


class NoMachineError(Exception):
    """No machine code can be had here: llvmlite is missing, does not know this processor, or may not run what it makes."""


def is_there() -> bool:
    """Return whether llvmlite is installed."""
    return find_spec(NEEDS) is not None


class Machine:
    """Machine code of one module of LLVM IR. Its functions are gone when this is.

    `optimized` from 0 to 3 is how much work LLVM does to make it fast. Raises NoMachineError.
    """

    def __init__(self, text: str, *, optimized: int) -> None:
        try:
            import llvmlite.binding as llvm
        except (ImportError, OSError):
            raise NoMachineError(_NOT_THERE) from None
        try:
            llvm.initialize_native_target()
            llvm.initialize_native_asmprinter()
            target = llvm.Target.from_default_triple()
            features = llvm.get_host_cpu_features().flatten()
            made = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=optimized)
        except (RuntimeError, OSError) as error:
            raise NoMachineError(f"llvmlite cannot make machine code here: {error}") from None
        module = llvm.parse_assembly(text)
        self._engine: Any = llvm.create_mcjit_compiler(module, made)
        self._engine.finalize_object()

    def functions(self, names: Mapping[str, int]) -> dict[str, Callable[..., int]]:
        """Return functions by name: each takes so many words, returns one, and lets other threads run meanwhile."""
        word = ctypes.c_uint64
        return {
            name: ctypes.CFUNCTYPE(word, *[word] * arguments)(self._engine.get_function_address(name))
            for name, arguments in names.items()
        }
