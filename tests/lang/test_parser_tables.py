"""The parser's tables are kept beside compiled code: what is read with them is what is read with new ones, and whatever stands in their place is replaced."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

READ = """
import sys
from pathlib import Path
from pluscheck.base.source import Source
from pluscheck.lang.parser import parse
print(parse(Source("Dedupe.plus", Path(sys.argv[1]).read_text(encoding="utf-8"))))
"""
SPEC = Path(__file__).parents[2] / "spec" / "dedupe" / "Dedupe.plus"


def read(folder: Path, *, keeping: bool = True) -> str:
    """Return what another process reads that keeps what is compiled in the folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(folder)}
    environment |= {} if keeping else {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", READ, str(SPEC)]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert not told.stderr
    return told.stdout


def tables(folder: Path) -> list[Path]:
    return list(folder.rglob("*.tables"))


def assert_are_used(folder: Path, fresh: str) -> None:
    """What is kept is read, not written again, though other tables have other bytes: Lark numbers states in the order of sets."""
    (kept,) = tables(folder)
    before = kept.stat().st_mtime_ns
    assert read(folder) == fresh
    assert kept.stat().st_mtime_ns == before


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is read without tables that were kept; nor are any kept then."""
    folder = tmp_path_factory.mktemp("fresh")
    found = read(folder, keeping=False)
    assert "Module(" in found
    assert not tables(folder)
    return found


def test_kept_tables_are_used_and_read_the_same(tmp_path: Path, fresh: str) -> None:
    assert read(tmp_path) == fresh
    assert_are_used(tmp_path, fresh)


@pytest.mark.parametrize("spoil", [b"", b"nothing", None], ids=["empty", "garbage", "truncated"])
def test_broken_tables_are_made_anew(tmp_path: Path, fresh: str, spoil: bytes | None) -> None:
    read(tmp_path)
    (kept,) = tables(tmp_path)
    good = kept.read_bytes()
    kept.write_bytes(good[: len(good) // 2] if spoil is None else spoil)
    assert read(tmp_path) == fresh
    assert kept.read_bytes()[:64] == good[:64]
    assert_are_used(tmp_path, fresh)


def test_tables_of_another_grammar_are_not_used(tmp_path: Path, fresh: str) -> None:
    read(tmp_path)
    (kept,) = tables(tmp_path)
    good = kept.read_bytes()
    kept.write_bytes(b"0" * good.index(b"\n") + good[good.index(b"\n") :])
    assert read(tmp_path) == fresh
    assert kept.read_bytes()[:64] == good[:64]
    assert_are_used(tmp_path, fresh)


def test_where_nothing_can_be_kept_all_is_read(tmp_path: Path, fresh: str) -> None:
    """A file stands where the folder would be: that holds for root as well."""
    place = tmp_path / "taken"
    place.write_bytes(b"")
    assert read(place) == fresh
