"""The declared syncs, one module each, found by their file: adding one touches no other file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from reverse_etl.errors import ConfigurationError
from reverse_etl.sync import Sync


@cache
def all_syncs() -> dict[str, Sync]:
    """Every declared sync by name, in the order of their lanes."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        sync: Sync = importlib.import_module(f"{__name__}.{module.name}").SYNC
        if sync.name != module.name:
            raise ConfigurationError(f"the sync in {module.name}.py calls itself {sync.name}", code="bad_declaration")
        found[sync.name] = sync
    return dict(sorted(found.items(), key=lambda item: (item[1].lane, item[0])))
