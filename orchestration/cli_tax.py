"""`cartwheel tax`: files for tax returns, made from the published marts."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click


def _quarter(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"\d{4}-Q[1-4]", value):
        raise click.BadParameter(f"'{value}' is no quarter; write 2026-Q4")
    return value


@click.group()
def tax() -> None:
    """Files for tax returns, from the published marts."""


@tax.command()
@click.argument("quarter", callback=_quarter)
@click.option("--entity", required=True, help="Company whose return it is, as in seeds/entities.csv.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="CSV to write; its order lines go to FILE-lines.csv beside it.")  # fmt: skip
def oss(quarter: str, entity: str, output: Path) -> None:
    """One Stop Shop return of a QUARTER (2026-Q4): member state, rate, taxable amount and VAT in euros, corrections apart."""
    from orchestration.tax_return import write_oss

    sys.exit(write_oss(quarter, entity, output))
