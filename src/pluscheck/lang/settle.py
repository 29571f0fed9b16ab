"""The last step of inference: all types are filled in, and instances that turned out the same become one."""

from __future__ import annotations

from pluscheck.lang.elaborated import Annotations, Instance, Meaning, OperatorArgumentMeaning, OperatorMeaning
from pluscheck.lang.types import Type
from pluscheck.lang.unify import Unifier

_Key = tuple[int, tuple[Type | None, ...], Type]


def settle(main: Annotations, instances: list[Instance], unifier: Unifier) -> None:
    """Fill in the types in all annotations and instances. Raises TypeTooLargeError.

    An operator that is used before its types are known (`NewLock == [holder |-> None]`) got an instance for each use; of those
    that ended with the same types, one stays.
    """
    # Many nodes share their type object; it lives as long as its entry, so its id is not reused.
    known: dict[int, tuple[Type, Type]] = {}

    def filled(of: Type) -> Type:
        entry = known.get(id(of))
        if entry is None:
            entry = known[id(of)] = (of, unifier.zonk(of))
        return entry[1]

    chosen: dict[_Key, Instance] = {}
    same_as: dict[int, Instance] = {}
    for instance in instances:
        instance.result = filled(instance.result)
        instance.param_types = tuple([t if t is None else filled(t) for t in instance.param_types])
        if not instance.is_local and not instance.arguments and None not in instance.param_types:
            key = (id(instance.decl), instance.param_types, instance.result)
            same_as[id(instance)] = chosen.setdefault(key, instance)
    kept = [instance for instance in instances if same_as.get(id(instance), instance) is instance]
    for found in (main, *(instance.annotations for instance in kept)):
        for node, of in found.types.items():
            found.types[node] = filled(of)
        for node, meaning in found.meanings.items():
            found.meanings[node] = _with_chosen(meaning, same_as)


def _with_chosen(meaning: Meaning, same_as: dict[int, Instance]) -> Meaning:
    match meaning:
        case OperatorMeaning(instance) if id(instance) in same_as:
            return OperatorMeaning(same_as[id(instance)])
        case OperatorArgumentMeaning(instance) if id(instance) in same_as:
            return OperatorArgumentMeaning(same_as[id(instance)])
        case _:
            return meaning
