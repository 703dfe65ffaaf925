"""Things that go wrong between till, processor, bank and books, each made to happen in the world on demand.

A mishap carries the reason code it must lead to; `happen` makes it in November 2026, after the golden month, and says
which amounts must come out under that code. `MISHAPS` lists all of them by code.
"""

from __future__ import annotations

from sandbox.mishaps import bank, books, processor, storefront, taxes
from sandbox.mishaps.scene import Expected, Mishap, Scene
from sandbox.world import World

MISHAPS: dict[str, Mishap] = {
    mishap.code: mishap
    for mishap in (*storefront.MISHAPS, *processor.MISHAPS, *bank.MISHAPS, *books.MISHAPS, *taxes.MISHAPS, *bank.LAST)
}

__all__ = ["MISHAPS", "Expected", "Mishap", "Scene", "happen"]


def happen(world: World, code: str) -> list[Expected]:
    """Let it happen now; raises ValueError for a code nobody can make happen."""
    if code not in MISHAPS:
        raise ValueError(f"no mishap leads to {code!r}; there are {', '.join(sorted(MISHAPS))}")
    scene = Scene(world, code)
    expected = MISHAPS[code].happen(scene)
    scene.finish()
    return expected
