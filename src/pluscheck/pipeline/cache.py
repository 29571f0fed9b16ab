"""What was checked before, each with a code that only who has the key can make.

There are statements that a stored proof with certain bytes was accepted for a certain system, and records of what the gate said of a whole specification. Each is
about certain texts, and about nothing else: whoever asks has read those that are there now. What is damaged or forged has no valid code (HMAC, RFC 2104), and
counts for nothing; so has what was made by another version of any file of pluscheck, of Python or of a solver.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

KEY_VARIABLE = "PLUSCHECK_CACHE_KEY"
"""The environment variable with a key that several machines share, such as those of a CI."""

_FORMAT = "pluscheck-cache-2"

_LARGEST = 4 * 1024 * 1024
"""Bytes of a file; a larger one counts for nothing."""

_SOLVERS = ("bitwuzla", "cvc5", "dd", "python-sat", "z3-solver")


@dataclass(frozen=True, slots=True)
class Statement:
    """That a proof's file with this digest was accepted for a system with this digest; `what` and `by` are what the report says of it."""

    proof: str
    system: str
    what: str
    by: tuple[str, ...]


@dataclass(slots=True)
class Cache:
    """Statements and records in a folder, a file each. `refused` are the files that were found and not believed."""

    folder: Path
    key: bytes
    tools: str
    refused: list[str] = field(default_factory=list)

    def statement(self, proof: str, system: str) -> Statement | None:
        """Return what was said of a proof and a system, if somebody who has the key has said it."""
        found = self.record("proof", proof, system)
        return None if found is None else Statement(proof, system, found["what"], tuple(found["by"]))

    def keep(self, statement: Statement) -> None:
        """Keep a statement. A folder that cannot be written to keeps nothing, and that is no fault."""
        self.keep_record({"by": statement.by, "what": statement.what}, "proof", statement.proof, statement.system)

    def record(self, *about: str) -> dict[str, Any] | None:
        """Return what was kept about this, if somebody who has the key has kept it."""
        path = self._path(about)
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except OSError:
            return None
        try:
            found = json.loads(data) if len(data) <= _LARGEST else None
            code = found.pop("code") if isinstance(found, dict) else None
        except (ValueError, KeyError, RecursionError):
            found = code = None
        if not isinstance(code, str) or not hmac.compare_digest(code.encode(), self._code(about, found).encode()):
            self.refused.append(path.name)
            return None
        return found

    def keep_record(self, content: Mapping[str, Any], *about: str) -> None:
        """Keep what JSON can say about this, in place of what was kept about it before. Keeps nothing where that is not possible."""
        path = self._path(about)
        content = json.loads(json.dumps(content))
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(path, json.dumps({**content, "code": self._code(about, content)}, sort_keys=True).encode())

    def _path(self, about: tuple[str, ...]) -> Path:
        name = hashlib.sha256(json.dumps((_FORMAT, self.tools, *about)).encode()).hexdigest()
        return self.folder / f"{name}.json"

    def _code(self, about: tuple[str, ...], content: Any) -> str:
        said = json.dumps((_FORMAT, self.tools, about, content), sort_keys=True)
        return hmac.new(self.key, said.encode(), hashlib.sha256).hexdigest()


def cache_in(folder: Path | None) -> Cache | None:
    """Return the cache in a folder, or in the user's own; None where there is no key, and none can be kept."""
    key = _key()
    return None if key is None else Cache(folder or _user_folder("XDG_CACHE_HOME", ".cache") / "gate", key, _tools())


def digest_of(data: bytes) -> str:
    """Return the digest of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def _key() -> bytes | None:
    """Return the key that is given, or else this user's own, which is made at its first use; None if it cannot be kept."""
    given = os.environ.get(KEY_VARIABLE, "")
    if given:
        return hashlib.sha256(given.encode(errors="surrogateescape")).digest()
    path = _user_folder("XDG_STATE_HOME", ".local/state") / "cache.key"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, secrets.token_bytes(32))  # readable by the user alone, as temporary files are
        key = path.read_bytes()
    except OSError:
        return None
    return key if len(key) == 32 else None


def _user_folder(variable: str, otherwise: str) -> Path:
    """Return pluscheck's folder below the one that the XDG base directory specification names."""
    given = os.environ.get(variable, "")
    base = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~"), otherwise)
    return base / "pluscheck"


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


def _tools() -> str:
    """Return a digest of what a judgement depends on beside the proof and the system: every file of pluscheck, Python, the solvers."""
    found = hashlib.sha256(sys.version.encode())
    for path, file in sorted(_files(files("pluscheck"), "")):
        found.update(f"{path}\n".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    for package in _SOLVERS:
        with contextlib.suppress(PackageNotFoundError):
            found.update(f"{package} {version(package)}\n".encode())
    return found.hexdigest()


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    """Return the files below a folder with their paths, compiled ones left aside."""
    found: list[tuple[str, Traversable]] = []
    for each in folder.iterdir():
        path = f"{prefix}{each.name}"
        if each.is_dir():
            found += _files(each, f"{path}/") if each.name != "__pycache__" else []
        else:
            found.append((path, each))
    return found
