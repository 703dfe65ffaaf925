"""The declared syncs, one module each, found by their file: adding one touches no other file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter

from reverse_etl.errors import ConfigurationError
from reverse_etl.sync import Sync


@cache
def all_syncs() -> dict[str, Sync]:
    """Every declared sync by name, in the order of their lanes; what others wait for comes before them."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        sync: Sync = importlib.import_module(f"{__name__}.{module.name}").SYNC
        if sync.name != module.name:
            raise ConfigurationError(f"the sync in {module.name}.py calls itself {sync.name}", code="bad_declaration")
        found.append(sync)
    return in_order(found)


def in_order(syncs: Iterable[Sync]) -> dict[str, Sync]:
    """Syncs by name: by lane, upstream before downstream, and of those that wait for none the one with the longest chain behind it.

    Raises ConfigurationError for an unknown upstream and for a circle, in which nothing could ever go first.
    """
    by_name = {sync.name: sync for sync in syncs}
    for sync in by_name.values():
        unknown = sorted(set(sync.depends_on) - set(by_name))
        if unknown:
            raise ConfigurationError(
                f"{sync.name} waits for {', '.join(unknown)}: no such sync", code="bad_declaration"
            )
        later = sorted(name for name in sync.depends_on if by_name[name].lane > sync.lane)
        if later:
            raise ConfigurationError(
                f"{sync.name} waits for {', '.join(later)}, whose lane goes after its own", code="bad_declaration"
            )
    sorter = TopologicalSorter({name: sorted(sync.depends_on) for name, sync in by_name.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise ConfigurationError(
            f"syncs wait for each other: {' → '.join(error.args[1])}", code="bad_declaration"
        ) from None
    depths: dict[str, int] = {}
    while sorter.is_active():
        for name in sorter.get_ready():
            depths[name] = 1 + max((depths[upstream] for upstream in by_name[name].depends_on), default=-1)
            sorter.done(name)
    # How long a chain waits for each: contacts before documents that merely name one.
    behind = dict.fromkeys(by_name, 0)
    for name in sorted(by_name, key=lambda name: -depths[name]):
        for upstream in by_name[name].depends_on:
            behind[upstream] = max(behind[upstream], behind[name] + 1)
    place = {name: (sync.lane, depths[name], -behind[name], name) for name, sync in by_name.items()}
    return {name: by_name[name] for name in sorted(by_name, key=lambda name: place[name])}
