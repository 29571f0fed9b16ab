"""Names of files for what is sent to others: they do not depend on where the sender stood, and tell nothing of his machine."""

from __future__ import annotations

import os.path
from collections.abc import Collection
from pathlib import PurePath

from pluscheck.report.bidi import visible


def short_files(files: Collection[str]) -> dict[str, str]:
    """Return for each file its name, with as many folders before it as tell it from the others; modules of the library (`<library>/Mutex.plus`) keep theirs.

    None of the names leads out of the folder that it is taken to stand in, or turns round what stands beside it.
    """
    ways = {file: _folders(file) for file in files if not file.startswith("<")}
    found = {file: file for file in files if file.startswith("<")}
    for file, parts in ways.items():
        others = [other for other in ways.values() if other != parts]
        length = 1
        while length < len(parts) and any(other[-length:] == parts[-length:] for other in others):
            length += 1
        found[file] = visible("/".join(parts[-length:]))
    return {file: found[file] for file in files}


def _folders(file: str) -> tuple[str, ...]:
    """Return the names on the way to a file from the root on, without the root."""
    return PurePath(os.path.abspath(file.replace("\\", "/"))).parts[1:]
