"""`cartwheel completeness`: is everything here that the platforms have?"""

from __future__ import annotations

import sys
from datetime import datetime

import click

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("platforms", nargs=-1)
@click.option("--since", type=_DAY, default=None, help="First day to count; default: seven whole days back.")
@click.option("--until", type=_DAY, default=None, help="Last day to count; default: the day before yesterday.")
@click.option("--heal/--no-heal", default=True, show_default=True, help="Read again the days that lack something.")
def completeness(platforms: tuple[str, ...], since: datetime | None, until: datetime | None, heal: bool) -> None:
    """Counts what was loaded against what the platforms count themselves, per resource and day, and reads what is missing.

    PLATFORMS: all that count their records, without any. Exit code 1 when something is missing or could not be counted.
    """
    from orchestration.completeness_verb import run

    sys.exit(run(platforms, since.date() if since else None, until.date() if until else None, heal=heal))
