"""What others put into their CI: the action, the hooks, and the README's snippets do what they say.

The schemas of GitHub and pre-commit are not ours to copy: what is checked here is what this action and these hooks need of them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

SPEC = """module Counter5
var x : 0..3 = 0
action Up { await x < 3; x := x + 1; }
terminal == x = 3
invariant Small == x < LIMIT
"""


def inputs(**given: str) -> dict[str, str]:
    """Return all inputs of the action, those that are not given as it has them."""
    return {name: given.get(name.replace("-", "_"), str(entry["default"])) for name, entry in ACTION["inputs"].items()}


def evaluated(text: str, values: dict[str, str]) -> str:
    """Return a text of the action with the inputs that it mentions."""
    return re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: values[match[1]], text)


def run_action(folder: Path, **given: str) -> tuple[int, str, dict[str, str]]:
    """Run the last step of the action as GitHub's runner does: return its exit code, what it prints, and what it writes where GitHub says."""
    step = ACTION["runs"]["steps"][-1]
    values = inputs(**given)
    told = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {name: evaluated(text, values) for name, text in step["env"].items()}
    path = os.pathsep.join((str(_programs(folder)), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder, env={**os.environ, **environment, **{k: str(v) for k, v in told.items()}, "PATH": path, "XDG_STATE_HOME": str(folder / "state")},
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    written = {name: file.read_text(encoding="utf-8") if file.exists() else "" for name, file in told.items()}
    return done.returncode, done.stdout + done.stderr, written


def _programs(folder: Path) -> Path:
    """Return a folder with `pluscheck`, which is this one."""
    programs = folder / ".bin"
    programs.mkdir(exist_ok=True)
    (programs / "pluscheck").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pluscheck "$@"\n', encoding="utf-8")
    (programs / "pluscheck").chmod(0o755)
    return programs


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "Counter5.plus").write_text(SPEC.replace("LIMIT", "9"), encoding="utf-8")
    return tmp_path


def test_the_action_is_what_runners_expect() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for entry in ACTION["inputs"].values():
        assert entry.keys() == {"description", "default"}
    for step in ACTION["runs"]["steps"]:
        assert ("run" in step) != ("uses" in step)
        if "run" in step:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]  # an input in a script would be run as one
    mentioned = set(re.findall(r"inputs\.([a-z-]+)", (ROOT / "action.yml").read_text(encoding="utf-8")))
    assert mentioned == ACTION["inputs"].keys()


def test_the_action_fails_where_the_gate_does_and_says_where(project: Path) -> None:
    code, said, written = run_action(project, sarif="findings.sarif")
    assert code == 6
    assert "::error file=spec/Counter5.plus,line=5" in said
    assert "exit-code=6" in written["GITHUB_OUTPUT"]
    assert "| default | Small | :x: |" in written["GITHUB_STEP_SUMMARY"]
    assert (project / "findings.sarif").is_file()
    assert run_action(project, options="--update")[0] == 0
    assert run_action(project, cache_key="a secret")[0] == 0
    assert (project / ".pluscheck-cache").is_dir()


def test_the_action_verifies(project: Path) -> None:
    assert run_action(project, command="verify", paths="spec/Counter5.plus", options="--strict --depth 3")[0] == 0
    (project / "spec" / "Counter5.plus").write_text(SPEC.replace("LIMIT", "2"), encoding="utf-8")
    code, said, _ = run_action(project, command="verify")
    assert code == 1
    assert "line=3" in said  # the action whose step goes wrong
    assert run_action(project, command="rm")[0] == 2


def test_the_readmes_workflow_uses_the_action_as_it_is() -> None:
    snippet = re.search(r"<!-- file: \.github/workflows/proofs\.yml -->\n```yaml\n(.*?)```", README, re.DOTALL)
    assert snippet is not None
    workflow = yaml.safe_load(snippet[1])
    (job,) = workflow["jobs"].values()
    (step,) = [step for step in job["steps"] if "/pluscheck@" in step["uses"]]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    assert workflow[True] == ["push", "pull_request"]  # YAML 1.1 takes `on` for true


def test_the_hooks_are_commands_that_there_are(project: Path) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {hook["id"] for hook in hooks} == {"pluscheck-verify", "pluscheck-gate"}
    for hook in hooks:
        assert hook["language"] == "python"
        assert re.search(hook["files"], "spec/dedupe/Dedupe.plus")
        assert not re.search(hook["files"], "README.md")
        program, *arguments = hook["entry"].split()
        assert program == "pluscheck"
        # One file that changes may break another one, which extends it.
        assert hook["pass_filenames"] is False
        done = subprocess.run(
            [sys.executable, "-m", "pluscheck", *arguments],
            cwd=project,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == {"pluscheck-verify": 0, "pluscheck-gate": 6}[hook["id"]]
