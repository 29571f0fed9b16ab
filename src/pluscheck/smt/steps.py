"""The step relation of a ground system as one formula: a selector says which action is taken, and picks each leaf's next value."""

from __future__ import annotations

from pluscheck.ground.ground import GroundSystem


def step_relation(system: GroundSystem, selector: int) -> int:
    """Return the node of "the action that the selector names is possible, and leads from the current to the next leaves"."""
    dag = system.dag
    chosen = [dag.eq(selector, dag.integer(number)) for number in range(len(system.actions))]
    parts = [dag.implies(here, action.guard) for here, action in zip(chosen, system.actions, strict=True)]
    for position, leaf in enumerate(system.leaves):
        # Actions that give the leaf the same value go together.
        by_value: dict[int, list[int]] = {}
        for here, action in zip(chosen, system.actions, strict=True):
            node = action.updates.get(position)
            if node is not None:
                by_value.setdefault(node, []).append(here)
        value = leaf.node
        for node, where in by_value.items():
            here = dag.any_(where)
            value = dag.ite(here, node, value) if leaf.boolean else dag.choose(here, node, value)
        parts.append(dag.iff(leaf.next_node, value) if leaf.boolean else dag.eq(leaf.next_node, value))
    return dag.all_(parts) if system.actions else 0
