"""Which files a run is about."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pluscheck.pipeline.options import UsageError

SUFFIX = ".plus"


def spec_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files named and the `.plus` files below the directories named, each once, those of a directory sorted by name.

    A directory or file whose name starts with a dot is not looked at, unless it is named itself.

    Raises:
        UsageError: a path does not exist, or a directory has no specs.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            below = sorted(_below(path))
            if not below:
                raise UsageError(f"there is no {SUFFIX} file in {path}")
            found.update(dict.fromkeys(below))
        elif path.exists():
            found[path] = None
        else:
            raise UsageError(f"there is no file {path}")
    return tuple(found)


def the_spec_file(path: Path) -> Path:
    """Return the one file that is meant: the path, or, of a directory, the only spec below it. Raises UsageError."""
    found = spec_files([path])
    if len(found) > 1:
        raise UsageError(f"there are {len(found)} specs in {path}: say which, such as {found[0]}")
    return found[0]


def _below(directory: Path) -> Iterable[Path]:
    """Yield the specs below a directory, in any order. What cannot be looked into, or goes away meanwhile, has none."""
    for folder, inner, files in os.walk(directory):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if name.endswith(SUFFIX) and not name.startswith(".") and path.is_file():
                yield path
