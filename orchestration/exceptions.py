"""The operator's queue in Dagster: what stands in it beside its table, and two claims an operator sees as lights.

The checks ask the operational store itself, not its copy in the warehouse: they are as new as the moment they run.
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from orchestration.exceptions_view import exceptions_table_markdown
from reverse_etl import audit, exception_reading, ledger_store, settings

EXCEPTIONS = dg.AssetKey(["raw_ledger", "exceptions"])
AUDIT_LOG = dg.AssetKey(["raw_ledger", "audit_log"])
NOT_CRITICAL = "no_exception_is_critical"
UNBROKEN = "decisions_are_unchanged"


def exception_checks() -> list[dg.AssetChecksDefinition]:
    return [_no_exception_is_critical(), _decisions_are_unchanged()]


def queue_metadata() -> dict[str, Any]:
    """What stands in the queue now, for the metadata of an asset: counts by severity and the gravest as a table."""
    now = datetime.now(UTC)
    with ledger_store.reading(settings.read().operations_url) as connection:
        cases = exception_reading.listed(connection, now)
        counts = exception_reading.standing_by_severity(connection, now)
    return {
        "open": len(cases),
        "by severity": ", ".join(f"{count} {severity}" for severity, count in counts.items()) or "none",
        "at stake": exception_reading.money(cases) or "no money",
        "exceptions": dg.MetadataValue.md(exceptions_table_markdown(cases)),
    }


def _no_exception_is_critical() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=EXCEPTIONS,
        name=NOT_CRITICAL,
        description="When it fails: somebody must look now. A critical case is an error, a high one a warning;"
        " `cartwheel exceptions list` has them all.",
    )
    def check() -> dg.AssetCheckResult:
        with ledger_store.reading(settings.read().operations_url) as connection:
            counts = exception_reading.standing_by_severity(connection, datetime.now(UTC))
        return dg.AssetCheckResult(
            passed=not (counts.get("critical") or counts.get("high")),
            severity=dg.AssetCheckSeverity.ERROR if counts.get("critical") else dg.AssetCheckSeverity.WARN,
            metadata=queue_metadata(),
        )

    return check


def _decisions_are_unchanged() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=AUDIT_LOG,
        name=UNBROKEN,
        description="When it fails: a row of the audit log was changed, removed or slipped in; its words say which.",
    )
    def check() -> dg.AssetCheckResult:
        with ledger_store.reading(settings.read().operations_url) as connection:
            found = audit.verify(connection)
            number, digest = audit.head(connection)
        return dg.AssetCheckResult(
            passed=not found,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"rows": number, "newest digest": digest, "broken": "\n".join(found) or "nowhere"},
        )

    return check
