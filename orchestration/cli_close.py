"""`cartwheel close`: the checklist of a month, its lock, and what was frozen then."""

from __future__ import annotations

import sys

import click

from orchestration import person

FORMATS = click.Choice(["text", "json"])
entity = click.option("--entity", default="main", show_default=True, help="Whose month.")


class MonthFirst(click.Group):
    """`cartwheel close 2026-10` means `cartwheel close month 2026-10`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["month", *args]
        return super().parse_args(ctx, args)


@click.group(cls=MonthFirst)
def close() -> None:
    """Closes a month: checks it in ten steps, freezes its numbers, locks it, and writes the close pack.

    The word `month` may be left out: cartwheel close 2026-10 --check
    """


@close.command()
@click.argument("period", metavar="MONTH")
@entity
@click.option("--check", is_flag=True, help="Runs the whole checklist and locks nothing.")
@click.option(
    "--accept",
    multiple=True,
    metavar="CODE[=AMOUNT]",
    help="Accept what stops the close, with its amount: --accept UNX-00=12.50USD. Repeat for each code.",
)
@person.by
@click.option("--because", default=None, help="Why it is closed so; kept in the audit log. Needed to lock.")
@click.option("--format", "output", default="text", show_default=True, type=FORMATS)
def month(
    period: str, entity: str, check: bool, accept: tuple[str, ...], by: str, because: str | None, output: str
) -> None:
    """Runs the checklist of MONTH (2026-10) and, when nothing stops it, locks the month."""
    from orchestration.close_verbs import close_month

    if not check and not (because or "").strip():
        raise click.UsageError("say why with --because, or look first with --check")
    sys.exit(close_month(period, entity, check, accept, by, because or "", output))


@close.command("list")
@click.option("--entity", default=None, help="Of one entity.")
@click.option("--format", "output", default="text", show_default=True, type=FORMATS)
def listing(entity: str | None, output: str) -> None:
    """Every closed month, with who closed it and what was accepted."""
    from orchestration.close_verbs import list_closes

    sys.exit(list_closes(entity, output))


@close.command()
@click.argument("period", metavar="MONTH")
@entity
@click.option("--format", "output", default="text", show_default=True, type=FORMATS)
def show(period: str, entity: str, output: str) -> None:
    """What a close of MONTH froze: checklist, sign-offs, tables with their digests, rules, pack."""
    from orchestration.close_verbs import show_close

    sys.exit(show_close(period, entity, output))


@close.command()
@click.argument("period", metavar="MONTH")
@entity
def verify(period: str, entity: str) -> None:
    """Checks every frozen file of MONTH against its digest, and today's numbers against the frozen ones."""
    from orchestration.close_verbs import verify_close

    sys.exit(verify_close(period, entity))
