"""What of a plan a person should see: limits it breaks, records held, edits found; and what is over since the last one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from reverse_etl import exception_queue
from reverse_etl.delivery import Action, Why
from reverse_etl.delivery_states import UNSETTLED
from reverse_etl.drift import Choice
from reverse_etl.errors import Kind
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_tables import DELIVERIES
from reverse_etl.operations_tables import EXCEPTIONS
from reverse_etl.plan import Plan
from reverse_etl.sync import Mode, Sync

OVER_LIMITS, HELD, DRIFT, PERHAPS_UNSENT = "over_limits", "held", "drift", "perhaps_unsent"
# Held for a person; what was refused has its exception from the refusal.
_HELD = (Why.HELD, Why.PRICE)


def report(
    connection: Connection,
    sync: Sync,
    plan: Plan,
    now: datetime,
    records: Collection[str] | None = None,
    may_stand: bool = True,
) -> None:
    """Put a stored plan's findings into the queue and end those whose cause is gone, in the caller's transaction.

    `records` are those it speaks about, where it is not all of the model: of others nothing is said. Not `may_stand`:
    it was looked up in this transaction that nothing stands about them.
    """
    findings = [*_over_limits(sync, plan), *_held(sync, plan), *_drifts(sync, plan)]
    known = _standing(connection, sync) if may_stand else []
    standing = [item for item in known if records is None or item[1] in records]
    # Nearly every plan finds nothing and has nothing to end.
    if standing:
        _end_what_is_over(connection, sync, plan, findings, standing, now, records)
    if findings:
        exception_queue.open_findings(connection, findings, now)


def _standing(connection: Connection, sync: Sync) -> list[tuple[str, str | None]]:
    """(code, record key) of every trouble of the sync that has not ended."""
    about = EXCEPTIONS.c.sync == sync.name, EXCEPTIONS.c.exception_status.in_(exception_queue.STANDING)
    rows = connection.execute(select(EXCEPTIONS.c.code, EXCEPTIONS.c.record_key).where(*about))
    return [(row[0], row[1]) for row in rows]


def _end_what_is_over(
    connection: Connection,
    sync: Sync,
    plan: Plan,
    findings: Sequence[Finding],
    standing: Sequence[tuple[str, str | None]],
    now: datetime,
    records: Collection[str] | None,
) -> None:
    """End what this plan no longer finds, and every trouble of records about which nothing is left to do."""
    if records is None:
        _end_of_whole(connection, sync, plan, findings, now)
    keys = {key for _, key in standing if key is not None}
    keys -= {delivery.record_key for delivery in plan.deliveries} | {item.record_key for item in plan.skipped}
    in_the_air = select(DELIVERIES.c.record_key).where(
        DELIVERIES.c.sync == sync.name, DELIVERIES.c.state.in_(UNSETTLED)
    )
    keys -= set(connection.execute(in_the_air).scalars())
    # An edited document is no plan's business: it ends when it is read back.
    codes = {code for code, key in standing if key in keys} - ({DRIFT} if sync.mode is Mode.CREATE else set())
    # Whether a message arrived only a person can see, however often a plan finds nothing more to say.
    codes.discard(PERHAPS_UNSENT)
    if keys and codes:
        because = "the newest plan has nothing to do about this record"
        exception_queue.close_for_records(connection, sync.name, sorted(keys), because, now, codes=sorted(codes))


def _end_of_whole(connection: Connection, sync: Sync, plan: Plan, findings: Sequence[Finding], now: datetime) -> None:
    """End what a plan of the whole model no longer finds."""
    for code in (HELD, DRIFT) if sync.mode is not Mode.CREATE else (HELD,):
        kept = {finding.record_key for finding in findings if finding.code == code and finding.record_key}
        because = "the newest plan no longer finds it"
        exception_queue.close_codes(connection, sync.name, [code], because, now, keep=kept)
    if not plan.breaches:
        because = "the newest plan keeps within its limits"
        exception_queue.close_codes(connection, sync.name, [OVER_LIMITS], because, now)


def _over_limits(sync: Sync, plan: Plan) -> Iterator[Finding]:
    if not plan.breaches:
        return
    money = plan.money_minor
    (currency, minor) = next(iter(money.items())) if len(money) == 1 else (None, None)
    yield Finding(
        code=OVER_LIMITS,
        kind=Kind.VALIDATION,
        message=f"plan {plan.plan_id} needs approval: {'; '.join(plan.breaches)}",
        sync=sync.name,
        destination=sync.destination,
        plan_id=plan.plan_id,
        money_minor=minor,
        currency_code=currency,
        evidence={"plan_hash": plan.plan_hash, "deliveries": len(plan.deliveries), "breaches": list(plan.breaches)},
    )


def _held(sync: Sync, plan: Plan) -> Iterator[Finding]:
    for item in plan.skipped:
        if item.action is Action.HELD and item.code in _HELD:
            yield Finding(
                code=HELD,
                kind=Kind.CONFLICT if item.code == Why.HELD else Kind.VALIDATION,
                message=item.reason,
                sync=sync.name,
                destination=sync.destination,
                record_key=item.record_key,
                plan_id=plan.plan_id,
                cause=item.code,
            )


def _drifts(sync: Sync, plan: Plan) -> Iterator[Finding]:
    found: dict[str, dict[str, object]] = {}
    for drift in plan.drifts:
        if drift.choice == Choice.OPEN:
            masked = drift.field in sync.personal_fields
            values = {"accepted": drift.accepted, "observed": drift.observed, "wanted": drift.wanted}
            found.setdefault(drift.record_key, {})[drift.field] = "…" if masked else values
    for key, fields in found.items():
        yield Finding(
            code=DRIFT,
            kind=Kind.CONFLICT,
            message=f"{', '.join(fields)}: edited at {sync.destination} after we wrote it; choose with `cartwheel drift`",
            sync=sync.name,
            destination=sync.destination,
            record_key=key,
            plan_id=plan.plan_id,
            evidence={"fields": fields},
            cause=f"edited: {', '.join(sorted(fields))}",
        )
