"""The destinations, one module each, found by name: adding one touches no other file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from reverse_etl.destination import Destination
from reverse_etl.errors import ConfigurationError


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@cache
def load(name: str) -> Destination:
    """The declared destination of this name."""
    if name not in names():
        raise ConfigurationError(f"there is no destination '{name}'; known: {', '.join(names())}", code="unknown_name")
    destination: Destination = importlib.import_module(f"{__name__}.{name}").DESTINATION
    return destination
