"""The SQL that is kept of published tables and seeds, and which of it can be run again over a snapshot. Decides; rerun.py runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reverse_etl.plan_inputs import PlanInputs


@dataclass(frozen=True)
class KeptModel:
    """A table's SQL, the tables it reads, the digest of its own code, and whether its build's day is in it.

    A published table has the SQL dbt compiled; a seed has its rows as SQL and reads nothing.
    """

    sql: str
    reads: tuple[str, ...]
    parts: str
    is_dated: bool = False


@dataclass(frozen=True)
class Rerun:
    """What was run again, and what was not, each with the reason. `inputs` are the plan's under the other SQL."""

    snapshot: int
    tables: tuple[str, ...]
    not_run: Mapping[str, str]
    inputs: PlanInputs | None = None


def chosen(
    table: str, then: Mapping[str, KeptModel], other: Mapping[str, KeptModel], kept: frozenset[str]
) -> tuple[list[str], dict[str, str]]:
    """The tables to run again, each after what it reads, and those that differ and can not be, with the reason.

    `table` is what the plan's rows come from; `kept` are the tables of the snapshot.
    """
    order: list[str] = []
    other_rows: set[str] = set()
    not_run: dict[str, str] = {}
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or name not in other:
            return
        seen.add(name)
        model = other[name]
        for read in model.reads:
            visit(read)
        same = name in then and then[name].parts == model.parts
        if same and not other_rows.intersection(model.reads):
            return
        missing = [read for read in model.reads if read not in kept and read not in order]
        # A seed is made from nothing but its own rows: it can stand anywhere.
        seeds = [read for read in missing if read in other and not other[read].reads]
        if len(seeds) < len(missing):
            beyond = ", ".join(read for read in missing if read not in seeds)
            not_run[name] = f"reads {beyond}, which no snapshot holds"
        elif model.is_dated:
            not_run[name] = "the day of its own build stands in its SQL"
        else:
            order.extend([*seeds, name])
            other_rows.add(name)

    visit(table)
    return order, not_run
