"""`cartwheel explain` and `cartwheel replay`: why was this pushed, and would it be planned so again?"""

from __future__ import annotations

import sys

import click


@click.group()
def explain() -> None:
    """Says where something comes from, down to the raw payload."""


@explain.command()
@click.argument("delivery_id", metavar="ID")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
@click.option("--limit", default=5, show_default=True, help="Rows shown per table in text; 0 shows all, raw uncut.")
@click.option("--show-personal", is_flag=True, help="Names, addresses and e-mail addresses in the clear.")
def delivery(delivery_id: str, output: str, limit: int, show_personal: bool) -> None:
    """Goes from a pushed value back over its mart rows to the raw payload: who let it go, what the destination said."""
    from orchestration.explaining import explain_delivery

    sys.exit(explain_delivery(delivery_id, output, limit, show_personal))


@click.command()
@click.argument("plan")
@click.option("--rules", default=None, metavar="VERSION", help="Also under these rules: their number, or `current`.")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
def replay(plan: str, rules: str | None, output: str) -> None:
    """Derives a stored plan (id or hash) again from its stored inputs, and compares it with what is stored."""
    from orchestration.explaining import replay_plan

    sys.exit(replay_plan(plan, rules, output))
