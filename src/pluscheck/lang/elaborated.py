"""What the checker hands to `pluscheck.lower`: the surface trees, with the meaning and type of every node found.

Macros are expanded before checking, so that no `MacroCall` is left in any body here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pluscheck.lang import syntax as s
from pluscheck.lang.types import Type

# ------------------------------------------------------------- what a name, or an applied name, stands for


@dataclass(frozen=True, slots=True)
class VariableMeaning:
    """A state variable of a module."""

    decl: s.VarDecl


@dataclass(frozen=True, slots=True)
class OwnMeaning:
    """A local variable or parameter of the process (or of the procedure) in whose body the name stands: this process's element."""

    name: str


@dataclass(frozen=True, slots=True)
class ForeignMeaning:
    """A process's or procedure's local variable seen from outside: the whole function (of a single process: the value).

    `owner` is the process that has it; a procedure's local that several processes have needs the index to tell (`x[p]`).
    """

    name: str
    owner: str


@dataclass(frozen=True, slots=True)
class ConstantMeaning:
    """A constant or switch."""

    decl: s.ConstDecl


@dataclass(frozen=True, slots=True)
class LiteralMeaning:
    """The `index`-th literal of an enum."""

    enum: s.EnumDecl
    index: int


@dataclass(frozen=True, slots=True)
class BoundMeaning:
    """A bound name: quantifier, comprehension, operator or action parameter, `with`, process identifier, or a `LET` definition without parameters."""

    name: str


@dataclass(frozen=True, slots=True)
class TypeMeaning:
    """A sort, enum or type name (with its arguments, if generic) as the set of its values, or as a type.

    `decl` is its declaration; `Apply.args` of the node are the arguments of a generic type.
    """

    decl: s.SortDecl | s.EnumDecl | s.TypeDecl


@dataclass(frozen=True, slots=True)
class OperatorMeaning:
    """An operator, with or without arguments. `instance` has the body's types for these argument types."""

    instance: Instance


@dataclass(frozen=True, slots=True)
class OperatorArgumentMeaning:
    """A parameter of the enclosing operator that is itself an operator, applied: what it is bound to in this instance."""

    bound_to: Instance


@dataclass(frozen=True, slots=True)
class BuiltinMeaning:
    """`Len`, `Head`, `Tail`, `Append`, `SubSeq`, `Cardinality`, `Some`, `Get`, `Seq`, `Option`."""

    name: str


@dataclass(frozen=True, slots=True)
class PcMeaning:
    """`pc[p]`: where this process is. On the `Index` node as a whole, as are the next two."""

    process: str


@dataclass(frozen=True, slots=True)
class ReturnMeaning:
    """`pc[P, p]`: where this process goes on after the procedure."""

    process: str
    procedure: str


@dataclass(frozen=True, slots=True)
class SingleMeaning:
    """`x[Name]`: the procedure's variable as this single process has it, which is not the only one that has it."""

    name: str
    owner: str


Meaning = (
    VariableMeaning
    | OwnMeaning
    | ForeignMeaning
    | ConstantMeaning
    | LiteralMeaning
    | BoundMeaning
    | TypeMeaning
    | OperatorMeaning
    | OperatorArgumentMeaning
    | BuiltinMeaning
    | PcMeaning
    | ReturnMeaning
    | SingleMeaning
)


@dataclass(slots=True)
class Annotations:
    """Types and meanings of the nodes of some trees, by `id(node)`.

    `types` has every expression node that is a value (not the names of operators, nor types as types). `meanings` has
    every `Name`, every `Apply`, and every `Index` that means a part of a process.
    """

    types: dict[int, Type] = field(default_factory=dict)
    meanings: dict[int, Meaning] = field(default_factory=dict)


@dataclass(slots=True)
class Instance:
    """An operator (declared at top level or in a `LET`, or a `LAMBDA`) for one combination of argument types.

    The same body has other annotations in other instances. `arguments` gives what each operator parameter is bound to.
    `is_local`: it may mention names bound around its definition, so `lower` expands it where it is called.
    """

    name: str
    decl: s.OperatorDecl | s.Lambda
    param_types: tuple[Type | None, ...]
    result: Type
    annotations: Annotations
    arguments: Mapping[str, Instance] = field(default_factory=dict)
    is_local: bool = False
    is_recursive: bool = False


@dataclass(frozen=True, slots=True)
class ProcedureInfo:
    """A procedure as checked. Names of parameters and locals are unique in the whole specification."""

    decl: s.ProcedureDecl


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process as checked; `procedures` are those it can reach, callees after callers."""

    decl: s.ProcessDecl
    procedures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Elaborated:
    """A checked specification: the root module and all that it extends.

    `annotations` covers every tree outside operator bodies: types of variables, initial values, actions, processes, properties,
    and models. Mappings are in the order of declaration, extended modules first. `models` are the root module's own.
    """

    root: s.Module
    modules: tuple[s.Module, ...]
    annotations: Annotations
    sorts: Mapping[str, s.SortDecl]
    enums: Mapping[str, s.EnumDecl]
    types: Mapping[str, s.TypeDecl]
    constants: Mapping[str, s.ConstDecl]
    variables: Mapping[str, s.VarDecl]
    inits: tuple[s.InitDecl, ...]
    actions: tuple[s.ActionDecl, ...]
    processes: Mapping[str, ProcessInfo]
    procedures: Mapping[str, ProcedureInfo]
    properties: Mapping[str, s.PropertyDecl]
    terminals: tuple[s.TerminalDecl, ...]
    models: Mapping[str, s.ModelDecl]
