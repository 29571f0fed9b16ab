"""A small state graph in Graphviz' language: every state that can be reached, what leads from one to the other, and one run through it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GraphState:
    """A state; `lines` say what it is. `is_bad` if it violates the property, or, of a witness, reaches it."""

    lines: tuple[str, ...]
    is_initial: bool
    is_bad: bool


@dataclass(frozen=True, slots=True)
class GraphStep:
    """Steps from one state to another, by their numbers; `lines` say which. `is_bad` if one of them violates the property."""

    source: int
    target: int
    lines: tuple[str, ...]
    is_bad: bool


@dataclass(frozen=True, slots=True)
class StateGraph:
    """The graph. `path` are the states of the run that is shown, from the initial one on; `is_reached` if bad is what a witness wants."""

    title: str
    states: tuple[GraphState, ...]
    steps: tuple[GraphStep, ...]
    path: tuple[int, ...]
    is_reached: bool


def dot(graph: StateGraph) -> str:
    """Return the graph's text, ending in a newline."""
    on_path = {state: number for number, state in enumerate(graph.path)}
    along = set(zip(graph.path, graph.path[1:], strict=False))
    line, fill = ("#0b6e4f", "#d9f2e6") if graph.is_reached else ("#b3261e", "#f9d5d2")
    lines = [
        "digraph states {",
        f"  label={_text([graph.title])}; labelloc=t; fontname=Helvetica;",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname=Helvetica, fontsize=10];',
        "  edge [fontname=Helvetica, fontsize=9];",
    ]
    for number, state in enumerate(graph.states):
        heading = [f"after step {on_path[number]} of the run"] if number in on_path else []
        given = [f"label={_text([*heading, *state.lines])}"]
        given += ["peripheries=2"] if state.is_initial else []
        given += [f'color="{line}"', f'fillcolor="{fill}"'] if state.is_bad else []
        given += ["penwidth=3"] if number in on_path else []
        lines.append(f"  s{number} [{', '.join(given)}];")
    for step in graph.steps:
        given = [f"label={_text(step.lines)}"]
        given += [f'color="{line}"', f'fontcolor="{line}"'] if step.is_bad else []
        given += ["penwidth=3"] if (step.source, step.target) in along else []
        lines.append(f"  s{step.source} -> s{step.target} [{', '.join(given)}];")
    return "\n".join([*lines, "}"]) + "\n"


def _text(lines: tuple[str, ...] | list[str]) -> str:
    r"""Return lines as a quoted string, each ending in `\l`, which sets it to the left. Nothing else in it means anything to Graphviz.

    It takes entities such as `&amp;` for what they stand for even in quotes.
    """
    escaped = (
        "".join(char if char.isprintable() else " " for char in line)
        .replace("&", "&amp;")
        .replace("\\", "\\\\")
        .replace('"', '\\"')
        for line in lines
    )
    return '"' + "".join(f"{line}\\l" for line in escaped) + '"'
