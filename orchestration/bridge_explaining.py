"""What `cartwheel explain bridge` does: the four bridges of a month or a day, row by row, and the amounts a row is made of.

Reads the published snapshot only, never in a writer's way. It reckons nothing but the sum it holds a row against: every figure
is a row of a mart.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import click
import duckdb

from orchestration import environment, warehouse
from reverse_etl.money import major

Rows = list[dict[str, Any]]

READ = ("fct_bridge", "fct_bridge_days", "fct_money_atom_parts", "fct_within_month_parts", "fct_money_atoms")
_ORDER = "case bridge when 'storefront_to_bank' then 1 when 'clearing' then 2 when 'storefront_to_net_revenue' then 3 else 4 end"
# Month and day ask the same of tables of the same form.
_STEPS = f"""
select bridge, currency_code, position, label, reason_code, amount_minor
from {{table}}
where entity_id = getvariable('entity') and {{when}} = {{period}}
order by {_ORDER}, currency_code, position
"""
# What is on two days of one month is a row of its days, and of no month.
_PARTS = """
with told as (
    select bridge, currency_code, money_atom_id, component, part, reference, evidence, amount_minor
    from fct_money_atom_parts
    where entity_id = getvariable('entity') and {when} = {period} and reason_code = getvariable('reason')
    {within}
),
known as (
    select money_atom_id, order_id, refund_id, movement_id, payout_id, bank_line_id, document_id
    from fct_money_atoms
    where money_atom_id in (select money_atom_id from told)
)
select told.*, known.order_id, known.refund_id, known.movement_id, known.payout_id, known.bank_line_id, known.document_id
from told
left join known using (money_atom_id)
order by bridge, currency_code, abs(amount_minor) desc, money_atom_id, part, amount_minor
"""
_WITHIN = """union all
    select bridge, currency_code, money_atom_id, component, 'timing', order_id, label || ': ' || cast(other_date as varchar), amount_minor
    from fct_within_month_parts
    where entity_id = getvariable('entity') and part_date = {period} and reason_code = getvariable('reason')"""
_SOURCES = ("order_id", "refund_id", "movement_id", "payout_id", "bank_line_id", "document_id")


@dataclass(frozen=True)
class Asked:
    """Whose bridges of which month or day; no currency or bridge means all of them."""

    entity: str
    period: str
    is_day: bool
    currency: str | None = None
    bridge: str | None = None
    reason: str | None = None

    @property
    def table(self) -> str:
        return "fct_bridge_days" if self.is_day else "fct_bridge"

    def when(self, of_day: str) -> dict[str, str]:
        """The column that says when, and the value it is held against; `of_day` is the column of a day."""
        if self.is_day:
            return {"when": of_day, "period": "cast(getvariable('period') as date)"}
        return {"when": "period_month", "period": "getvariable('period')"}


def explain_bridge(asked: Asked, output: str, limit: int) -> int:
    environment.prepare()
    with warehouse.reading() as connection:
        found = explained(connection, asked)
    found["snapshot"] = warehouse.newest_publication().version
    if output == "json":
        sys.stdout.write(json.dumps(found, indent=1, default=str, ensure_ascii=False) + "\n")
    else:
        click.echo("\n".join(rendered(found, limit)))
    return 0


def explained(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, Any]:
    """The bridges asked for, each with its rows, and the parts of the rows with the reason asked for. Raises ClickException
    with what there is instead where there is nothing."""
    _refuse_an_older_snapshot(connection)
    for name, value in (("entity", asked.entity), ("period", asked.period), ("reason", asked.reason or "")):
        # Not as parameters of the statement: to look at those duckdb imports pandas, which takes longer than all the rest.
        quoted = value.replace("'", "''")
        connection.execute(f"set variable {name} = '{quoted}'")
    steps = _rows(connection, _STEPS.format(table=asked.table, **asked.when("bridge_date")))
    if not steps:
        raise click.ClickException(_nothing(connection, asked))
    bridges = _bridges(_chosen(steps, asked))
    if asked.reason is not None:
        bridges = _with_reason(bridges, asked.reason)
        _add_parts(connection, bridges, asked)
    return {"entity_id": asked.entity, "period": asked.period, "reason_code": asked.reason, "bridges": bridges}


def _chosen(steps: Rows, asked: Asked) -> Rows:
    for column, wanted in (("currency_code", asked.currency), ("bridge", asked.bridge)):
        there = sorted({step[column] for step in steps})
        steps = [step for step in steps if wanted in (None, step[column])]
        if not steps:
            raise click.ClickException(f"{asked.entity} has no bridge {wanted} of {asked.period}: {', '.join(there)}.")
    return steps


def _bridges(steps: Rows) -> Rows:
    """Rows of `position` order, bridge by bridge."""
    found: dict[tuple[str, str], Rows] = {}
    for step in steps:
        found.setdefault((step["bridge"], step["currency_code"]), []).append(
            {name: step[name] for name in ("label", "reason_code", "amount_minor")}
        )
    return [
        {
            "bridge": bridge,
            "currency_code": currency,
            "rows": rows,
            "gap_minor": sum(row["amount_minor"] for row in rows[:-1]) - rows[-1]["amount_minor"],
        }
        for (bridge, currency), rows in found.items()
    ]


def _with_reason(bridges: Rows, reason: str) -> Rows:
    there = {row["reason_code"] for bridge in bridges for row in bridge["rows"] if row["reason_code"]}
    if reason not in there:
        said = f"Reasons there: {', '.join(sorted(there))}." if there else "It has no row with a reason."
        alone = " Only days have TIM-12: ask with --day." if reason == "TIM-12" else ""
        raise click.ClickException(f"No row has the reason '{reason}'. {said}{alone}")
    return [bridge for bridge in bridges if any(row["reason_code"] == reason for row in bridge["rows"])]


def _add_parts(connection: duckdb.DuckDBPyConnection, bridges: Rows, asked: Asked) -> None:
    when = asked.when("part_date")
    within = _WITHIN.format(**when) if asked.is_day else ""
    parts = _rows(connection, _PARTS.format(within=within, **when))
    for bridge in bridges:
        bridge["parts"] = [
            {name: value for name, value in part.items() if name not in ("bridge", "currency_code")}
            for part in parts
            if (part["bridge"], part["currency_code"]) == (bridge["bridge"], bridge["currency_code"])
        ]


def rendered(found: dict[str, Any], limit: int) -> list[str]:
    """The bridges as lines for a terminal."""
    lines = [f"{found['entity_id']}, {found['period']} (snapshot {found['snapshot']})"]
    for bridge in found["bridges"]:
        currency = bridge["currency_code"]
        lines += ["", f"{bridge['bridge'].replace('_', ' ')}, {currency}"]
        for place, row in enumerate(bridge["rows"], start=1):
            mark = "=" if place == len(bridge["rows"]) else " "
            lines.append(
                f"{mark} {_spoken(row['amount_minor'], currency):>16}  {row['reason_code'] or '':<6}  {row['label']}"
            )
        if bridge["gap_minor"]:
            lines.append(
                f"! {_spoken(bridge['gap_minor'], currency):>16}          start and rows less the end: not told"
            )
        if "parts" in bridge:
            lines += _told_parts(bridge, found["reason_code"], limit)
    return lines


def _told_parts(bridge: dict[str, Any], reason: str, limit: int) -> list[str]:
    parts, currency = bridge["parts"], bridge["currency_code"]
    total = _spoken(sum(part["amount_minor"] for part in parts), currency)
    count = f"{len(parts)} amounts that add" if len(parts) != 1 else "1 amount that adds"
    lines = [f"{reason} is made of {count} up to {total}:"]
    for part in parts[: limit or None]:
        lines.append(
            f"  {_spoken(part['amount_minor'], currency):>16}  {part['component']}"
            f"{', ' + part['reference'] if part['reference'] else ''}: {part['evidence']}"
        )
        sources = [f"{name.removesuffix('_id')} {part[name]}" for name in _SOURCES if part[name]]
        lines.append(f"  {'':>16}  {'; '.join(sources) or part['money_atom_id']}")
    if limit and len(parts) > limit:
        lines.append(f"  {'':>16}  … {len(parts) - limit} more: --limit 0")
    return lines


def _spoken(amount_minor: int, currency: str) -> str:
    return f"{major(amount_minor, currency):,}"


def _nothing(connection: duckdb.DuckDBPyConnection, asked: Asked) -> str:
    """Why there is no bridge, with the entities or the nearest months or days that have one."""
    entities = [
        row["entity_id"] for row in _rows(connection, f"select distinct entity_id from {asked.table} order by 1")
    ]
    if asked.entity not in entities:
        return f"There is no entity '{asked.entity}' with a bridge. Entities: {', '.join(entities) or 'none'}."
    column = "bridge_date" if asked.is_day else "period_month"
    found = _rows(
        connection,
        f"""select cast(max({column}) filter ({column} < getvariable('period')) as varchar) as before,
                   cast(min({column}) filter ({column} > getvariable('period')) as varchar) as after
            from (select distinct cast({column} as varchar) as {column} from {asked.table} where entity_id = getvariable('entity'))""",
    )
    near = " and ".join(value for value in (found[0]["before"], found[0]["after"]) if value)
    return (
        f"Nothing of {asked.entity} falls on {asked.period}: nothing ordered, moved, banked or booked. Nearest: {near}."
    )


def _refuse_an_older_snapshot(connection: duckdb.DuckDBPyConnection) -> None:
    known = {
        row["table_name"]
        for row in _rows(connection, "select table_name from duckdb_tables() where schema_name = 'marts'")
    }
    missing = [table for table in READ if table not in known]
    if missing:
        raise click.ClickException(
            f"The published snapshot has no {', '.join(missing)}: build it with `cartwheel build`."
        )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Rows:
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
