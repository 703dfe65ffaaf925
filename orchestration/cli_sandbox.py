"""`cartwheel sandbox subscribe` and `happen`: the twins' webhooks, and what there is to tell."""

from __future__ import annotations

import click

KINDS = click.Choice(["cancel", "refund", "ship", "dispute", "count", "edit", "payout", "paypal_capture"])


@click.command()
@click.argument("url")
@click.option("--platform", "platforms", multiple=True, help="Only these platforms; default: all that send webhooks.")
@click.option("--pace", default=1.0, show_default=True, help="How long the vendors' pauses take; 0 makes them none.")
def subscribe(url: str, platforms: tuple[str, ...], pace: float) -> None:
    """Lets the running sandbox send webhooks to URL/<platform>, signed and retried as each vendor does."""
    from orchestration.up import subscribe as tell

    click.echo(tell(url, platforms, pace))


@click.command()
@click.argument("kind", type=KINDS)
@click.option("--order", default=None, help="Number of the order it happens to.")
@click.option("--sku", default=None, help="The product that is counted or edited.")
@click.option("--quantity", default=None, type=click.IntRange(min=0), help="What was counted.")
def happen(kind: str, order: str | None, sku: str | None, quantity: int | None) -> None:
    """Lets something happen in the running sandbox after a sale; who subscribed hears of it."""
    from orchestration.up import let_go

    click.echo(let_go(kind, order=order, sku=sku, quantity=quantity))
