"""Which properties of a destination's records are ours to write: a request that carries any other never leaves.

A path names a property as the destination does, with dots between the levels and lists left out:
`inputs.properties.cartwheel_segment`. Identity fields are declared too. Query parameters and the path of a request
address a record; they are not properties of it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from reverse_etl.destination import Request, Write
from reverse_etl.errors import ConfigurationError

_Tree = dict[str, Any]
# What bodies are made of: json writes nothing else that has parts.
_NESTED = (dict, list, tuple)


def check(write: Write, request: Request) -> None:
    """Raise ConfigurationError when the request carries a property that its write does not own."""
    strange = _strange(request.json, _tree(write.owns)) if isinstance(request.json, _NESTED) else None
    if strange is not None:
        raise ConfigurationError(
            f"the request would write '{strange}', which its destination does not declare as ours", code="not_owned"
        )


def paths(value: Any, above: str = "") -> set[str]:
    """Every property path of a body."""
    if isinstance(value, dict):
        below = f"{above}." if above else ""
        return {path for name, inner in value.items() for path in paths(inner, f"{below}{name}")}
    if isinstance(value, list | tuple) and any(isinstance(item, dict | list | tuple) for item in value):
        return {path for item in value for path in paths(item, above)}
    return {above}


@cache
def _tree(owns: frozenset[str]) -> _Tree:
    """The owned paths as nested names, so that a body is checked in one walk without building a path."""
    tree: _Tree = {}
    for path in owns:
        node = tree
        for name in path.split("."):
            node = node.setdefault(name, {})
    return tree


def _strange(value: Any, node: _Tree) -> str | None:
    """The first path in `value` that is not in the tree."""
    if isinstance(value, dict):
        for name, inner in value.items():
            below = node.get(name)
            if below is None:
                return str(name)
            if isinstance(inner, _NESTED):
                found = _strange(inner, below)
                if found is not None:
                    return f"{name}.{found}"
        return None
    for item in value:
        if isinstance(item, _NESTED):
            found = _strange(item, node)
            if found is not None:
                return found
    return None
