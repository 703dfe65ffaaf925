"""What `cartwheel explain stock` does: the rows that sum to one SKU's number on one channel, and what is behind them.

Reads the published snapshot, and the ledger for what was pushed, never in a writer's way. It reckons nothing: every figure
is a row of a mart, or was pushed.
"""

from __future__ import annotations

import difflib
import json
import sys
from datetime import datetime
from typing import Any

import click
import duckdb
from sqlalchemy import Connection

from orchestration import environment, warehouse
from orchestration.lane.models import PUSHED
from reverse_etl import ledger_store, settings
from reverse_etl.lineage import literal, rows_of
from reverse_etl.newest_push import newest_push

Rows = list[dict[str, Any]]

_TERMS = """select term, location_id, units from fct_ats_explained
            where sku = getvariable('sku') and channel = getvariable('channel') order by position, location_id"""
# Orders, parcels and holds of a set are those of its components.
_PARTS = "(select getvariable('sku') union all select component_sku from dim_bundle_components where bundle_sku = getvariable('sku'))"
_COMMITMENTS = f"""select sku, order_number, channel, location_id, placed_at, ordered, shipped, removed, committed
                   from fct_commitments where sku in {_PARTS} order by placed_at, order_id, sku, location_id"""
_IN_FLIGHT = f"""select sku, parcel_id, order_number, tracking_number, shipped_at, units
                 from fct_units_in_flight where sku in {_PARTS} order by shipped_at, parcel_id, sku"""
_HOLDS = f"""select sku, reservation_id, units, held_at, expires_at, note
             from fct_reservations where sku in {_PARTS} and not is_released order by expires_at, reservation_id"""
_COMPONENTS = """select component_sku, quantity, component_ats, sets_it_gives, is_scarcest from fct_bundle_offers
                 where bundle_sku = getvariable('sku') and channel = getvariable('channel') order by sets_it_gives, component_sku"""
_POLICY = """select policy, share_percent, buffer, buffer_rule, hard, min_listed, max_listed, end_when, preorderable
             from fct_ats where sku = getvariable('sku') and channel = getvariable('channel')"""
_RISK = """select oversell_target_ppm, units_per_day, p99_ms, lambda_tau_thousandths, buffer from fct_risk_buffers
           where sku = getvariable('sku') and channel = getvariable('channel')"""
# What the channel shows, what it should, and the record by which it is told.
_LISTINGS = """select listing_id, platform, location_id, listed_quantity, target_quantity, held_back_reason from fct_listings
               where sku = getvariable('sku') and channel = getvariable('channel') order by location_id, listing_id"""


def explain_stock(sku: str, channel: str, output: str) -> int:
    environment.prepare()
    publication = warehouse.newest_publication()
    with warehouse.reading() as connection:
        found = explained(connection, sku, channel)
        with ledger_store.reading(settings.read().operations_url) as ledger:
            for row in found["listings"]:
                row["newest_push"] = _newest_push(connection, publication, ledger, row)
    found["snapshot"], found["published_at"] = publication.version, datetime.fromisoformat(publication.published_at)
    if output == "json":
        sys.stdout.write(json.dumps(found, indent=1, default=str, ensure_ascii=False) + "\n")
    else:
        click.echo("\n".join(rendered(found)))
    return 0


def explained(connection: duckdb.DuckDBPyConnection, sku: str, channel: str) -> dict[str, Any]:
    """Everything behind one number of fct_ats. Raises ClickException naming near matches where there is none."""
    asked = {"sku": sku, "channel": channel}
    number = _rows(
        connection,
        "select ats, as_of_at from fct_ats where sku = getvariable('sku') and channel = getvariable('channel')",
        asked,
    )
    if not number:
        raise click.ClickException(_unknown(connection, sku, channel))
    return {
        **asked,
        **number[0],
        "policy": _rows(connection, _POLICY, asked)[0],
        "risk": _rows(connection, _RISK, asked),
        "terms": _rows(connection, _TERMS, asked),
        "components": _rows(connection, _COMPONENTS, asked),
        "committed": _rows(connection, _COMMITMENTS, {"sku": sku}),
        "in_flight": _rows(connection, _IN_FLIGHT, {"sku": sku}),
        "holds": _rows(connection, _HOLDS, {"sku": sku}),
        "listings": _rows(connection, _LISTINGS, asked),
    }


def rendered(found: dict[str, Any]) -> list[str]:
    """The explanation as lines for a terminal."""
    policy = found["policy"]
    counted = f", counted {found['as_of_at']:%Y-%m-%d %H:%M} UTC" if found["as_of_at"] else ""
    lines = [f"{found['sku']} on {found['channel']}: {found['ats']} to sell{counted} (snapshot {found['snapshot']})"]
    for term in found["terms"]:
        lines.append(f"  {term['units']:>+8}  {term['term']}{_at(term['location_id'])}")
    lines.append(f"  {found['ats']:>8}  = available to sell")
    lines += [line for row in found["listings"] for line in _since(row, found["published_at"])]
    knobs = ", ".join(f"{name} {value}" for name, value in policy.items() if name != "policy" and value is not None)
    lines.append(f"policy {policy['policy']}: {knobs}")
    for risk in found["risk"]:
        lines.append(
            f"buffer {risk['buffer']}: {risk['units_per_day']} sold elsewhere a day, known here after "
            f"{risk['p99_ms']} ms, to be exceeded in {risk['oversell_target_ppm']} of a million cases"
        )
    lines += _section("components", found["components"])
    lines += _section("committed", found["committed"])
    lines += _section("in flight", found["in_flight"])
    lines += _section("holds", found["holds"])
    return lines + _section("listings", [_as_shown(row) for row in found["listings"]])


def _newest_push(
    connection: duckdb.DuckDBPyConnection,
    publication: warehouse.Publication,
    ledger: Connection,
    listing: dict[str, Any],
) -> dict[str, Any] | None:
    """What the channel was last told of a listing; None where nothing, while it is held back, or its model was never right."""
    sync = f"{listing['platform']}{PUSHED}"
    if f"activation.act_{sync}" not in publication.tables:
        return None
    told_by = f"select record_key from act_{sync} where source_key = {literal(listing['listing_id'])}"
    record = connection.execute(told_by).fetchone()
    return newest_push(ledger, sync, record[0]) if record else None


def _as_shown(listing: dict[str, Any]) -> dict[str, Any]:
    push = listing["newest_push"] or {}
    names = ("location_id", "listed_quantity", "target_quantity", "held_back_reason")
    told = {
        "pushed": push.get("payload", {}).get("quantity"),
        "state": push.get("state"),
        "delivery": push.get("delivery_id"),
    }
    return {name: listing[name] for name in names} | told


def _since(listing: dict[str, Any], published_at: datetime) -> list[str]:
    """Another number pushed since the snapshot; what the snapshot's own plan pushed is the snapshot's number."""
    push = listing["newest_push"]
    if push is None or push["planned_at"] <= published_at or push["payload"]["quantity"] == listing["target_quantity"]:
        return []
    return [
        f"since this snapshot: {push['payload']['quantity']}{_at(listing['location_id'])}, {push['state']} at "
        f"{push['state_at']:%H:%M:%S} UTC: {push['reason']} (cartwheel explain delivery {push['delivery_id']})"
    ]


def _at(location: str | None) -> str:
    return f" at {location}" if location else ""


def _section(title: str, rows: Rows) -> list[str]:
    if not rows:
        return [f"{title}: none"]
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    table = ("  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells)
    return [f"{title}:", *(line.rstrip() for line in table)]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _unknown(connection: duckdb.DuckDBPyConnection, sku: str, channel: str) -> str:
    """Which of the two is unknown, with what was perhaps meant."""
    channels = [row["channel"] for row in _rows(connection, "select distinct channel from fct_ats order by 1", {})]
    if channel not in channels:
        return f"There is no channel '{channel}'.{_near(channel, channels)} Channels: {', '.join(channels)}."
    skus = [row["sku"] for row in _rows(connection, "select distinct sku from fct_ats order by 1", {})]
    return f"No stock system knows the SKU '{sku}', and no set of that name is made of known ones.{_near(sku, skus)}"


def _near(word: str, known: list[str]) -> str:
    folded = {name.lower(): name for name in reversed(known)}
    found = [folded[name] for name in difflib.get_close_matches(word.lower(), list(folded), n=3, cutoff=0.6)]
    return f" Did you mean {' or '.join(found)}?" if found else ""


def _rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, str]) -> Rows:
    for name, value in parameters.items():
        connection.execute(f"set variable {name} = {literal(value)}")
    return rows_of(connection, query)
