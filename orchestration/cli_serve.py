"""`cartwheel serve` and `cartwheel inbox`: webhooks received, and what came."""

from __future__ import annotations

import sys

import click

from orchestration import person

FORMATS = click.Choice(["table", "json"])


@click.command()
@click.option("--port", default=8080, show_default=True, help="Port for webhooks and /healthz.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; put TLS in front of it.")
def serve(port: int, host: str) -> None:
    """Receives webhooks into the inbox, until Ctrl-C; what dies is started again."""
    from orchestration.serve import run

    sys.exit(run(host, port))


@click.group(invoke_without_command=True)
@click.pass_context
def inbox(context: click.Context) -> None:
    """Webhooks that came: how many of which topic, unknown ones and unreadable ones too."""
    if context.invoked_subcommand is None:
        from orchestration.inbox_verbs import show_counts

        sys.exit(show_counts("table"))


@inbox.command()
@click.option("--format", "output", default="table", show_default=True, type=FORMATS)
def counts(output: str) -> None:
    """Events and deliveries by platform, account and topic."""
    from orchestration.inbox_verbs import show_counts

    sys.exit(show_counts(output))


@inbox.command("list")
@click.option("--platform", help="Of one platform.")
@click.option("--topic", help="Of one topic.")
@click.option("--unknown", is_flag=True, help="Only topics that nothing here works on.")
@click.option("--unreadable", is_flag=True, help="Only bodies that can not be read.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="So many of the newest.")
@click.option("--format", "output", default="table", show_default=True, type=FORMATS)
def listing(platform: str | None, topic: str | None, unknown: bool, unreadable: bool, limit: int, output: str) -> None:
    """The newest events first."""
    from orchestration.inbox_verbs import list_events

    sys.exit(list_events(platform, topic, unknown=unknown, unreadable=unreadable, limit=limit, output=output))


@inbox.command()
@click.argument("sequence", type=click.IntRange(min=1))
def show(sequence: int) -> None:
    """One event with its body, as far as that is text. It may name a buyer."""
    from orchestration.inbox_verbs import show_event

    sys.exit(show_event(sequence))


@inbox.command()
@click.option("--days", type=click.IntRange(min=1), default=None, help="Older than so many days; default: the setting.")
def expire(days: int | None) -> None:
    """Removes bodies of old events that the warehouse has read past. What tells a repeat of them stays."""
    from orchestration.inbox_verbs import expire_events

    sys.exit(expire_events(days))


@inbox.command()
@click.argument("platform")
@click.argument("resources", nargs=-1, required=True)
@click.option("--account", default="main", show_default=True, help="Account of the platform.")
@person.by
@person.because
def erase(platform: str, resources: tuple[str, ...], account: str, by: str, because: str) -> None:
    """Removes every body about these resources (orders, customers) at once, whatever its age."""
    from orchestration.inbox_verbs import erase_events

    sys.exit(erase_events(platform, account, resources, by, because))
