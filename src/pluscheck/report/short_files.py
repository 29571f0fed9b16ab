"""Names of files for what is sent to others: they do not depend on where the sender stood, and tell nothing of his machine."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath


def short_files(files: Collection[str]) -> dict[str, str]:
    """Return for each file its name, with as many folders before it as tell it from the others; modules of the library (`<library>/Mutex.plus`) keep theirs."""
    found: dict[str, str] = {}
    for file in files:
        if file.startswith("<"):
            found[file] = file
            continue
        parts = PurePosixPath(file.replace("\\", "/")).parts
        others = [PurePosixPath(other.replace("\\", "/")).parts for other in files if other != file]
        length = 1
        while length < len(parts) and any(other[-length:] == parts[-length:] for other in others):
            length += 1
        found[file] = "/".join(parts[-length:])
    return found
