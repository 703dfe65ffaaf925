"""Claims about the published numbers that an operator sees beside the snapshot; dbt's own tests are checks on their models.

None of these holds up a push. What a push depends on is tested by dbt while it builds, and a test that fails there blocks
the syncs downstream of it (failed_checks.py); an unexplained difference blocks the close of the month, not the stock.
"""

import dagster as dg

from orchestration import warehouse
from orchestration.failed_checks import FailedCheck

SNAPSHOT = dg.AssetKey(["published", "snapshot"])

NOTHING_HELD_BACK = "nothing_is_held_back"

# claim → (query whose rows contradict it, what a failure means)
CLAIMS = {
    "every_bridge_adds_up": (
        """select entity_id, period_month, currency_code, bridge
           from (select *, row_number() over (partition by entity_id, period_month, currency_code, bridge
                                              order by position desc) as from_end
                 from marts.fct_bridge)
           group by all
           having sum(case when from_end = 1 then -amount_minor else amount_minor end) <> 0""",
        "start and rows of a bridge do not give its end (I-20): a figure of this snapshot must not be signed",
    ),
    "nothing_is_unexplained": (
        "select * from marts.fct_differences where reason_code = 'UNX-00' and amount_minor <> 0",
        "a difference has no reason (UNX-00): look at it before the month is closed",
    ),
    "no_entry_waits": (
        "select entry_id, held_code, held_because from marts.fct_journal_entries where entry_status = 'held'",
        "an entry of the journal waits for a rate or an account, and the trial balance lacks it: supply what it names",
    ),
    "every_payout_is_its_movements": (
        "select payout_id from marts.fct_payouts where is_content_listed and unexplained_minor <> 0",
        "a payout is not the sum of its charges, refunds, fees and disputes (I-08)",
    ),
}


def checks() -> list[dg.AssetChecksDefinition]:
    return [_nothing_held_back(), *(_claim(name, query, meaning) for name, (query, meaning) in CLAIMS.items())]


def _nothing_held_back() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=SNAPSHOT,
        name=NOTHING_HELD_BACK,
        description="When it fails: a check of dbt failed, and tables made from what it speaks about are the last sound ones.",
    )
    def nothing_held_back() -> dg.AssetCheckResult:
        found = warehouse.newest_publication()
        return dg.AssetCheckResult(
            passed=not found.failed,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={
                "checks that fail": ", ".join(check.name for check in found.failed) or "none",
                "held back": ", ".join(found.held_back) or "none",
                **{check.name: dg.MetadataValue.md(_told(check)) for check in found.failed},
            },
        )

    return nothing_held_back


def _told(check: FailedCheck) -> str:
    """What its failure means and the first rows it found wrong."""
    rows = "\n".join(check.rows)
    return check.meaning + (f"\n```\n{rows}\n```" if rows else "")


def _claim(name: str, query: str, meaning: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=SNAPSHOT, name=name, description=f"When it fails: {meaning}.")
    def claim() -> dg.AssetCheckResult:
        with warehouse.reading() as connection:
            contradictions = connection.execute(query).fetchall()
        return dg.AssetCheckResult(
            passed=not contradictions,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"contradictions": len(contradictions), "first": str(contradictions[:5]), "meaning": meaning},
        )

    return claim
