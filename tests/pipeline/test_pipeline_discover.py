"""Which files a run is about."""

import os
from pathlib import Path

import pytest

from pluscheck.pipeline.discover import spec_files
from pluscheck.pipeline.options import UsageError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_a_directory_stands_for_the_specs_below_it_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "B.plus", "a/A.plus", "a/b/C.plus", "a/notes.txt", "a/D.plus.orig")
    assert spec_files([tmp_path]) == (tmp_path / "B.plus", tmp_path / "a/A.plus", tmp_path / "a/b/C.plus")


def test_what_is_hidden_is_left_alone_unless_it_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "A.plus", ".venv/lib/B.plus", ".C.plus")
    assert spec_files([tmp_path]) == (tmp_path / "A.plus",)
    assert spec_files([tmp_path / ".venv"]) == (tmp_path / ".venv/lib/B.plus",)
    assert spec_files([tmp_path / ".C.plus"]) == (tmp_path / ".C.plus",)


def test_a_file_named_twice_is_checked_once(tmp_path: Path) -> None:
    touch(tmp_path, "A.plus")
    assert spec_files([tmp_path / "A.plus", tmp_path, tmp_path / "A.plus"]) == (tmp_path / "A.plus",)


def test_only_files_are_specs_and_links_in_a_circle_end(tmp_path: Path) -> None:
    touch(tmp_path, "A.plus")
    (tmp_path / "B.plus").mkdir()
    (tmp_path / "C.plus").symlink_to("nowhere.plus")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "D.plus")
    assert spec_files([tmp_path]) == (tmp_path / "A.plus",)


def test_nothing_there_is_wrong_usage(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "A.plus"):
        with pytest.raises(UsageError):
            spec_files([path])
