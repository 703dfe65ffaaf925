"""`cartwheel exceptions` and `cartwheel audit`: what did not end well, and who decided what about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from orchestration import person

FORMATS = click.Choice(["table", "json", "csv"])
_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(invoke_without_command=True)
@click.pass_context
def exceptions(context: click.Context) -> None:
    """What did not end as it should: every refused, doubtful, waiting or held record, and what to do about it."""
    if context.invoked_subcommand is None:
        context.invoke(listing)


@exceptions.command("list")
@click.option(
    "--status",
    type=click.Choice(["open", "snoozed", "accepted", "resolved", "all"]),
    help="Default: what somebody should look at, that is open or snoozed until now.",
)
@click.option("--severity", type=click.Choice(["critical", "high", "medium", "low"]))
@click.option("--sync", help="Of one sync.")
@click.option("--destination", help="Of one destination.")
@click.option("--owner", help="Assigned to this person.")
@click.option("--code", help="With this code.")
@click.option("--cause", help="Of one group; the beginning of its name is enough.")
@click.option("--by-cause", is_flag=True, help="One line per root cause instead of one per record.")
@click.option("--limit", default=50, show_default=True, help="Lines in the table; 0 shows all.")
@click.option("--format", "output", default="table", show_default=True, type=FORMATS)
def listing(by_cause: bool, limit: int, output: str, **filters: str | None) -> None:
    """The gravest first, then the most money at stake, then the oldest."""
    from orchestration.exceptions_verbs import list_exceptions

    sys.exit(list_exceptions(filters, by_cause=by_cause, limit=limit, output=output))


@exceptions.command()
@click.argument("exception_id")
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
def show(exception_id: str, output: str) -> None:
    """Everything known of one: evidence, every request made, what people did about it, where to read on."""
    from orchestration.exceptions_verbs import show_exception

    sys.exit(show_exception(exception_id, output))


def _deed(command: _Command) -> _Command:
    """The arguments of every command that changes something."""
    chosen = click.argument("exception_ids", nargs=-1)
    cause = click.option(
        "--cause", help="All of one group instead of single ones; the beginning of its name is enough."
    )
    return chosen(cause(person.by(person.because(command))))


@exceptions.command()
@_deed
def retry(exception_ids: tuple[str, ...], cause: str | None, by: str, because: str) -> None:
    """Due at once: what waits goes out with the next push, what was refused may be planned again."""
    from orchestration.exceptions_verbs import act

    sys.exit(act("retry", exception_ids, cause, by, because))


@exceptions.command()
@_deed
def accept(exception_ids: tuple[str, ...], cause: str | None, by: str, because: str) -> None:
    """Known and left as it is: not shown again while it says the same."""
    from orchestration.exceptions_verbs import act

    sys.exit(act("accept", exception_ids, cause, by, because))


@exceptions.command()
@click.option("--to", "owner", required=True, help="Who looks after it.")
@_deed
def assign(exception_ids: tuple[str, ...], cause: str | None, by: str, because: str, owner: str) -> None:
    """Somebody's to look after."""
    from orchestration.exceptions_verbs import act

    sys.exit(act("assign", exception_ids, cause, by, because, owner=owner))


@exceptions.command()
@click.option("--until", required=True, help="A UTC moment (2026-11-30T08:00:00Z), or from now on: 90m, 12h, 3d.")
@_deed
def snooze(exception_ids: tuple[str, ...], cause: str | None, by: str, because: str, until: str) -> None:
    """Hidden from the list for a while."""
    from orchestration.exceptions_verbs import act

    sys.exit(act("snooze", exception_ids, cause, by, because, until=until))


@exceptions.command()
@_deed
def resolve(exception_ids: tuple[str, ...], cause: str | None, by: str, because: str) -> None:
    """Mended; it comes back if it happens again."""
    from orchestration.exceptions_verbs import act

    sys.exit(act("resolve", exception_ids, cause, by, because))


@click.group()
def audit() -> None:
    """Who decided what and why: a log in which no row can be changed unseen."""


@audit.command("list")
@click.option("--subject", help="About one thing: an exception, a plan, a flow.")
@click.option("--limit", default=50, show_default=True, help="So many of the newest rows; 0 shows all.")
@click.option("--format", "output", default="table", show_default=True, type=FORMATS)
def audit_listing(subject: str | None, limit: int, output: str) -> None:
    """The newest rows first."""
    from orchestration.exceptions_verbs import list_audit

    sys.exit(list_audit(subject, limit, output))


@audit.command()
@click.option("--noted", metavar="NUMBER:DIGEST", help="A head that verify printed earlier and you kept elsewhere.")
def verify(noted: str | None) -> None:
    """Checks every row against the row before it; says what was changed, removed or cut off, and exits with 1."""
    from orchestration.exceptions_verbs import verify_audit

    sys.exit(verify_audit(noted))
