"""Which files a run is about."""

from __future__ import annotations

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


def _below(directory: Path) -> Iterable[Path]:
    """Yield the specs below a directory, in any order."""
    for path in directory.rglob(f"*{SUFFIX}"):
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if not hidden and path.is_file():
            yield path
