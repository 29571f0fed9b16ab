"""`pytest --pluscheck` in a project of somebody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SPEC = """module Counter4
var x : 0..3 = 0
action Up { await x < 3; x := x + 1; }
terminal == x = 3
invariant Small == x < 9
invariant Tiny == x < LIMIT
model good { expect Tiny violated; }
model bad { check Tiny; }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Counter4.plus").write_text(SPEC.replace("LIMIT", "2"), encoding="utf-8")
    (tmp_path / "test_other.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # The plugin is named, so that these tests need no installed entry point; where there is one, it is kept out of the way.
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:pluscheck",
        "-p",
        "pluscheck.cli.pytest_plugin",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "--rootdir", str(folder), *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip


def test_nothing_happens_unless_it_is_asked_for(project: Path) -> None:
    done = run(project)
    assert done.returncode == 0
    assert "1 passed" in done.stdout


def test_a_property_is_a_test(project: Path) -> None:
    done = run(project, "--pluscheck", "-v")
    assert done.returncode == 1
    for name in ("Small", "Tiny", "deadlock", "faults"):
        assert f"Counter4.plus::good::{name} PASSED" in done.stdout
    assert "Counter4.plus::bad::Tiny FAILED" in done.stdout
    assert "5 passed, 1 failed" in done.stdout or "1 failed, 5 passed" in done.stdout
    assert "Tiny is false after step 2" in done.stdout


def test_a_test_can_be_chosen_and_the_option_kept(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\npluscheck = true\n", encoding="utf-8")
    done = run(project, "-v", "Counter4.plus::good::Small", "--pluscheck-engine", "bmc")
    assert done.returncode == 0
    assert "1 passed" in done.stdout


def test_a_spec_that_is_wrong_is_an_error_with_its_place(project: Path) -> None:
    (project / "Counter4.plus").write_text(SPEC.replace("LIMIT", "y"), encoding="utf-8")
    done = run(project, "--pluscheck")
    assert done.returncode == 2
    assert "PC201" in done.stdout
    assert "Counter4.plus:6:" in done.stdout


def test_an_unknown_engine_is_the_users_mistake(project: Path) -> None:
    done = run(project, "--pluscheck", "--pluscheck-engine", "magic")
    assert done.returncode != 0
    assert "there is no engine 'magic'" in done.stdout + done.stderr
