"""The second company's bank: the same export as the first's, over its own statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute

from sandbox.platforms import bank

if TYPE_CHECKING:
    from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """GET /statements/statement.csv, in euros."""
    return bank.routes(world.europe) if world.europe is not None else []
