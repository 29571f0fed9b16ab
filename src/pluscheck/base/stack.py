"""Threads with room for deep recursions."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

STACK = 512 * 1024 * 1024
"""Bytes of address space; only what is used of it costs memory."""

RECURSION = 200_000
"""Python frames. Trees that are deep but were accepted must not end in a RecursionError."""


def thread_on_large_stack(work: Callable[[], None]) -> threading.Thread:
    """Return a thread, started, that does the work on a large stack; the process can end without it."""
    sys.setrecursionlimit(RECURSION)
    before = threading.stack_size(STACK)
    thread = threading.Thread(target=work, name="work", daemon=True)
    thread.start()
    threading.stack_size(before)
    return thread
