"""What partial-order reduction could save: how many labels have only steps that commute with all that others do.

Such a step could be taken alone, its process first, if nothing that is claimed can see it (an ample set of one: Holzmann and Peled, FORTE 1994).
A label counts if its steps write nothing that another process, or an action of none, reads or writes, and read nothing that one writes; by scalar, going by all that
these could ever do.

python tests/benchmarks/independence.py [spec ...]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pluscheck.core.system import TransitionSystem
from pluscheck.ground.ground import GroundAction, GroundSystem, ground
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models

SPECS = ("spec", "tests/corpus", "src/pluscheck/stdlib")

Scalars = frozenset[int]
Actor = tuple[str, str]


class Dependence:
    """What is read and written of a system, by the numbers of its scalars."""

    def __init__(self, system: GroundSystem) -> None:
        self._dag = system.dag
        self._leaves = {leaf.node: number for number, leaf in enumerate(system.leaves)}
        self.visible = self.read(
            node for claim in system.properties for node in (claim.formula, *claim.faults.values())
        )
        self.steps: defaultdict[Actor, list[GroundAction]] = defaultdict(list)
        for action in system.actions:
            self.steps[_actor(action)].append(action)
        self.of = {actor: self.effects(actions) for actor, actions in self.steps.items()}

    def read(self, nodes: Iterable[int]) -> Scalars:
        """Return the scalars that these nodes depend on."""
        return frozenset(self._leaves[node] for node in self._dag.cone(nodes) if node in self._leaves)

    def effects(self, actions: Iterable[GroundAction]) -> tuple[Scalars, Scalars]:
        """Return what actions read, and what they write."""
        actions = list(actions)
        read = self.read(node for action in actions for node in (action.guard, *action.updates.values()))
        return read, frozenset(number for action in actions for number in action.updates)


def _actor(action: GroundAction) -> Actor:
    own = next((value for name, value in action.arguments if name == action.action.self_name), None)
    return (action.action.process or action.action.name, str(own))


def counted(system: TransitionSystem) -> tuple[int, int, int]:
    """Return how many labels there are, counted for each process; how many commute with all others; how many of those nothing claimed can see."""
    dependence = Dependence(ground(system))
    labels = commuting = invisible = 0
    for actor, actions in dependence.steps.items():
        if not actions[0].action.process:
            continue
        others = [effects for other, effects in dependence.of.items() if other != actor]
        read_by_others = frozenset[int]().union(*[read for read, _ in others])
        written_by_others = frozenset[int]().union(*[written for _, written in others])
        for label in {action.action.name for action in actions}:
            read, written = dependence.effects(action for action in actions if action.action.name == label)
            labels += 1
            if written.isdisjoint(read_by_others | written_by_others) and read.isdisjoint(written_by_others):
                commuting += 1
                invisible += written.isdisjoint(dependence.visible)
    return labels, commuting, invisible


def main(paths: Iterable[str]) -> None:
    """Count, and print a row a specification (its first model)."""
    files = [file for path in map(Path, paths) for file in (sorted(path.rglob("*.plus")) if path.is_dir() else [path])]
    total = [0, 0, 0]
    print(f"{'':28}{'labels':>8}{'commute':>9}{'unseen':>8}")
    for file in files:
        elaborated = elaborate(file)
        of_file = models(elaborated)
        row = counted(lower(elaborated, of_file[0]).system) if of_file else (0, 0, 0)
        if row[0]:
            print(f"{file.name:28}{row[0]:8}{row[1]:9}{row[2]:8}")
            total = [a + b for a, b in zip(total, row, strict=True)]
    print(f"{'together':28}{total[0]:8}{total[1]:9}{total[2]:8}")


if __name__ == "__main__":
    main(sys.argv[1:] or SPECS)
