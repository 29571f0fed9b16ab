"""Circles in a graph of names: what uses itself by way of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def cycles(uses: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Yield circles, each as its members in order of use, until every circle of the graph has a member that was yielded.

    No name is yielded twice. Every name that is used is a key.
    """
    finished: set[str] = set()
    in_circle: set[str] = set()
    for root in uses:
        path: dict[str, Iterator[str]] = {}
        following: str | None = root
        while True:
            if following is not None and following in path:
                names = list(path)
                circle = names[names.index(following) :]
                if in_circle.isdisjoint(circle):
                    in_circle.update(circle)
                    yield circle
            elif following is not None and following not in finished:
                path[following] = iter(uses[following])
            if not path:
                break
            following = next(path[next(reversed(path))], None)
            if following is None:
                finished.add(path.popitem()[0])


def by_way_of(others: Iterable[str]) -> str:
    """Return what is to be said of the other members of a circle, if there are any: `, by way of ...`."""
    names = ", ".join(f"`{name}`" for name in others)
    return f", by way of {names}" if names else ""
