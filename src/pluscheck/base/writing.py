"""Writing files so that nobody ever reads a part of one."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> bool:
    """Write a file, and the folders that it is in; return whether that changed anything.

    A reader finds the file as it was or as it is to be, never a part of it. Raises OSError.
    """
    with contextlib.suppress(OSError):
        if path.read_bytes() == data:
            return False
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory", path.as_posix())
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return True


def _umask() -> int:
    """Return which permissions new files do not get; there is no way to ask without setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
