"""Entries of the journal that stories make, and entries as text: what tests of the recipes compare."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story


def told(story: Callable[[Story], None], **seeds: list[dict[str, Any]]) -> CanonicalRows:
    """The journal of a story; a seed named here is what these rows say."""
    shop, world = Story(), CanonicalRows()
    story(shop)
    for noun, rows in shop.rows.items():
        world.rows(f"can_{noun}", *rows)
    for seed, rows in seeds.items():
        world.seed(seed, *rows)
    return world


NAMES = ("_id", "_reference", "reference", "order_number")


def together(stories: dict[str, Callable[[Story], None]]) -> Story:
    """Many stories in one shop; every name in a story begins with the story's own."""
    shop = Story()
    for prefix, story in stories.items():
        alone = Story()
        story(alone)
        for noun, rows in alone.rows.items():
            shop.rows[noun] += [{key: _renamed(prefix, key, value) for key, value in row.items()} for row in rows]
    return shop


def told_together(stories: dict[str, Callable[[Story], None]]) -> CanonicalRows:
    """The journal of many stories in one shop."""
    world = CanonicalRows()
    for noun, rows in together(stories).rows.items():
        world.rows(f"can_{noun}", *rows)
    return world


def _renamed(prefix: str, key: str, value: Any) -> Any:
    is_name = key.endswith(NAMES) and key not in ("account_id", "entity_id") and value is not None
    return f"{prefix}{value}" if is_name else value


def entry(world: CanonicalRows, event_id: str) -> dict[str, int]:
    """Account → signed minor units of the books' currency."""
    return dict(
        world.query(
            f"""select account_number, cast(sum(signed_base_minor) as bigint) from {{{{ ref('fct_journal_lines') }}}}
                where event_id = '{event_id}' group by 1"""
        )
    )


def lines(text: str) -> dict[str, int]:
    """'Dr 1100 113.05; Cr 4000 113.05' as account → signed minor units."""
    return {
        account: int(amount.replace(".", "")) * (1 if side == "Dr" else -1)
        for side, account, amount in re.findall(r"(Dr|Cr) (\d+) ([\d.]+)", text)
    }
