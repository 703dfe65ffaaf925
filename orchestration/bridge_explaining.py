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
from reverse_etl.lineage import literal, rows_of
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
# What is on two days of one month is a row of its days, and of no month. Only what is shown leaves the database: a month has many fees.
_AMOUNTS = """
with told as (
    select bridge, currency_code, cast(null as varchar) as label, money_atom_id, component, part, reference, evidence, amount_minor
    from fct_money_atom_parts
    where entity_id = getvariable('entity') and {when} = {period} and reason_code = getvariable('reason')
    {within}
),
shown as (
    select *, count(*) over rows as amounts, sum(amount_minor) over rows as amounts_minor
    from told
    window rows as (partition by bridge, currency_code, label),
        largest as (partition by bridge, currency_code, label order by abs(amount_minor) desc, money_atom_id, part, amount_minor)
    qualify row_number() over largest <= {limit}
),
known as (
    select money_atom_id, order_id, refund_id, movement_id, payout_id, bank_line_id, document_id
    from fct_money_atoms
    where money_atom_id in (select money_atom_id from shown)
)
select shown.*, known.order_id, known.refund_id, known.movement_id, known.payout_id, known.bank_line_id, known.document_id
from shown
left join known using (money_atom_id)
order by bridge, currency_code, label, abs(amount_minor) desc, money_atom_id, part, amount_minor
"""
_WITHIN = """union all
    select bridge, currency_code, label, money_atom_id, component, 'timing', order_id, 'the other day is ' || cast(other_date as varchar), amount_minor
    from fct_within_month_parts
    where entity_id = getvariable('entity') and part_date = {period} and reason_code = getvariable('reason')"""
_ALL = 2**62
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
        found = explained(connection, asked, limit if output == "text" else 0)
    found["snapshot"] = warehouse.newest_publication().version
    if output == "json":
        sys.stdout.write(json.dumps(found, indent=1, default=str, ensure_ascii=False) + "\n")
    else:
        click.echo("\n".join(rendered(found)))
    return 0


def explained(connection: duckdb.DuckDBPyConnection, asked: Asked, limit: int = 0) -> dict[str, Any]:
    """The bridges asked for, each with its rows, and the largest amounts behind the rows with the reason asked for, all of them
    with limit 0. Raises ClickException with what there is instead where there is nothing."""
    _refuse_an_older_snapshot(connection)
    for name, value in (("entity", asked.entity), ("period", asked.period), ("reason", asked.reason or "")):
        connection.execute(f"set variable {name} = {literal(value)}")
    steps = rows_of(connection, _STEPS.format(table=asked.table, **asked.when("bridge_date")))
    if not steps:
        raise click.ClickException(_nothing(connection, asked))
    bridges = _bridges(_chosen(steps, asked))
    if asked.reason is not None:
        bridges = _with_reason(bridges, asked.reason)
        _add_amounts(connection, bridges, asked, limit)
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


def _add_amounts(connection: duckdb.DuckDBPyConnection, bridges: Rows, asked: Asked, limit: int) -> None:
    when = asked.when("part_date")
    within = _WITHIN.format(**when) if asked.is_day else ""
    found = rows_of(connection, _AMOUNTS.format(within=within, limit=limit or _ALL, **when))
    for bridge in bridges:
        for row in bridge["rows"]:
            if row["reason_code"] == asked.reason:
                row |= _behind(row, [amount for amount in found if _is_of(amount, bridge, row)])


def _is_of(amount: dict[str, Any], bridge: dict[str, Any], row: dict[str, Any]) -> bool:
    """A code of days alone has a row for what leaves and one for what comes; any other has one."""
    named = amount["label"] in (None, row["label"])
    return named and (amount["bridge"], amount["currency_code"]) == (bridge["bridge"], bridge["currency_code"])


def _behind(row: dict[str, Any], amounts: Rows) -> dict[str, Any]:
    told = ("bridge", "currency_code", "label", "amounts", "amounts_minor")
    return {
        "amounts": amounts[0]["amounts"] if amounts else 0,
        "amounts_minor": int(amounts[0]["amounts_minor"]) if amounts else 0,
        "largest": [{name: value for name, value in each.items() if name not in told} for each in amounts],
    }


def rendered(found: dict[str, Any]) -> list[str]:
    """The bridges as lines for a terminal."""
    lines = [f"{found['entity_id']}, {found['period']} (snapshot {found['snapshot']})"]
    for bridge in found["bridges"]:
        currency = bridge["currency_code"]
        lines += ["", f"{bridge['bridge'].replace('_', ' ')}, {currency}"]
        for place, row in enumerate(bridge["rows"], start=1):
            mark = "=" if place == len(bridge["rows"]) else " "
            lines.append(
                f"{mark} {_spoken(row['amount_minor'], currency)}  {row['reason_code'] or '':<6}  {row['label']}"
            )
        if bridge["gap_minor"]:
            lines.append(f"! {_spoken(bridge['gap_minor'], currency)}          start and rows less the end: not told")
        for row in bridge["rows"]:
            if "amounts" in row:
                lines += _told_amounts(row, currency)
    return lines


def _told_amounts(row: dict[str, Any], currency: str) -> list[str]:
    count = f"{row['amounts']:,} amounts that add" if row["amounts"] != 1 else "1 amount that adds"
    total = _spoken(row["amounts_minor"], currency).strip()
    lines = ["", f"{row['reason_code']}, {row['label']}: {count} up to {total}"]
    for each in row["largest"]:
        what = ", ".join(word for word in (each["component"], each["reference"]) if word)
        lines.append(f"  {_spoken(each['amount_minor'], currency)}  {what}: {each['evidence']}")
        sources = [f"{name.removesuffix('_id')} {each[name]}" for name in _SOURCES if each[name]]
        lines.append(f"  {'':>16}  {'; '.join(sources) or each['money_atom_id']}")
    if row["amounts"] > len(row["largest"]):
        lines.append(f"  {'':>16}  … {row['amounts'] - len(row['largest']):,} more: --limit 0")
    return lines


def _spoken(amount_minor: int, currency: str) -> str:
    return f"{major(amount_minor, currency):>16,}"


def _nothing(connection: duckdb.DuckDBPyConnection, asked: Asked) -> str:
    """Why there is no bridge, with the entities or the nearest months or days that have one."""
    entities = [
        row["entity_id"] for row in rows_of(connection, f"select distinct entity_id from {asked.table} order by 1")
    ]
    if asked.entity not in entities:
        return f"There is no entity '{asked.entity}' with a bridge. Entities: {', '.join(entities) or 'none'}."
    column = "bridge_date" if asked.is_day else "period_month"
    found = rows_of(
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
        for row in rows_of(connection, "select table_name from duckdb_tables() where schema_name = 'marts'")
    }
    missing = [table for table in READ if table not in known]
    if missing:
        raise click.ClickException(
            f"The published snapshot has no {', '.join(missing)}: build it with `cartwheel build`."
        )
