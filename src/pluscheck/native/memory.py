"""Memory that grows: from the C library, so that most of what is asked for takes no room until it is used."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from typing import Any


def _library() -> Any:
    library = ctypes.cdll.msvcrt if os.name == "nt" else ctypes.CDLL(None)
    library.calloc.restype = library.realloc.restype = ctypes.c_void_p
    library.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
    library.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    library.free.restype = None
    return library


_LIBRARY = _library()


class Block:
    """So many bytes at one address, all zero at first. It is given back with this object. Raises MemoryError."""

    __slots__ = ("address", "size")

    def __init__(self, size: int) -> None:
        self.address: int = 0
        self.size = 0
        address = _LIBRARY.calloc(1, size)
        if not address:
            raise MemoryError
        self.address, self.size = address, size

    def grow(self, size: int) -> None:
        """Make room for more; what is there stays, perhaps at another address. What is new is not zero."""
        address = _LIBRARY.realloc(self.address, size)
        if not address:
            raise MemoryError
        self.address, self.size = address, size

    def release(self) -> None:
        """Give it back now."""
        if self.address:
            _LIBRARY.free(self.address)
            self.address, self.size = 0, 0

    def __del__(self) -> None:
        self.release()

    def write(self, words: Sequence[int]) -> None:
        """Write words of 64 bits at the beginning."""
        for position, word in enumerate(words):
            ctypes.c_uint64.from_address(self.address + 8 * position).value = word

    def words(self, count: int, start: int = 0) -> list[int]:
        """Return so many words of 64 bits, without a sign."""
        return list((ctypes.c_uint64 * count).from_address(self.address + 8 * start))

    def halves(self, count: int, start: int = 0) -> list[int]:
        """Return so many numbers of 32 bits, without a sign."""
        return list((ctypes.c_uint32 * count).from_address(self.address + 4 * start))
