"""Every discrepancy we can make happen in the platforms comes out of their answers under its own code, to the cent."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from orchestration.warehouse import ensure_raw_tables
from pipelines.extract import extract
from sandbox.mishaps import MISHAPS, Expected, happen
from sandbox.server import Sandbox
from tests.transform import sandbox_warehouse
from tests.transform.warehouse import TRANSFORM, Warehouse

ROOT = Path(__file__).resolve().parents[2]
READ = ("shopify", "woocommerce", "stripe", "bank", "quickbooks")

# Codes of the list that no mishap makes happen in this world, and why.
ELSEWHERE = {
    "TND-05": "needs a channel without a processor: tests/transform/test_finance_cases.py",
    "ENT-01": "needs two entities with one processor, which the sandbox's companies have not: tests/transform/test_codes_beside_the_mishaps.py",
    "CUR-01": "needs a charge in another currency with a rate: tests/transform/test_codes_beside_the_mishaps.py",
    "CUR-03": "needs a charge in another currency without a rate: tests/transform/test_codes_beside_the_mishaps.py",
    "CUR-05": "needs a payout in another currency, as the company `europe` has: tests/transform/test_finance_europe.py",
    "TIM-10": "needs an order earned at fulfilment: tests/transform/test_codes_beside_the_mishaps.py",
    "TIM-12": "is in no month, only in its days: tests/transform/test_bridge_days.py",
    "RND-02": "needs cash rounding, which no checkout of the sandbox does: tests/transform/test_codes_beside_the_mishaps.py",
    "BNK-03": "needs a bank that merges or splits payouts, as that of the company `europe` does: tests/transform/test_finance_processors.py",
    "BKS-09": "needs a document deleted after it was read: tests/transform/test_finance_cases.py",
    **dict.fromkeys(
        ("BKS-03", "BKS-04", "BKS-05"),
        "needs a document of ours that a person changed: tests/transform/test_quickbooks_edits.py",
    ),
    "BKS-10": "needs a month that was closed, and a sale missing in it: tests/orchestration/close/test_late_changes.py",
    "FEE-08": "needs a loan of the processor, which the sandbox's companies have not: tests/transform/test_stripe_financing.py",
    "FEE-09": "needs a processor that charges tax on its fee, as Stripe does in Europe: tests/transform/test_finance_processors.py",
    **dict.fromkeys(
        ("DSP-04", "DSP-05"),
        "needs a dispute decided in part, or one beside a refund: tests/transform/test_finance_processors.py",
    ),
    "REF-06": "needs an invoice paid early: tests/transform/test_early_payment.py",
    "TAX-05": "needs a place whose rate the accountant sets: tests/transform/test_tax_from_payloads.py",
    "SRC-07": "needs a month that was closed: tests/orchestration/close/test_late_changes.py",
    "UNX-00": "is what no rule explains, and a mishap that led to it would be a gap in the rules: tests/transform/test_finance_processors.py",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, dict[str, list[Expected]]]:
    """One world in which all of it has happened, read over HTTP and built."""
    home: Path = tmp_path_factory.mktemp("mishaps")
    with pytest.MonkeyPatch.context() as monkeypatch, Sandbox() as sandbox:
        sandbox_warehouse.configure(monkeypatch, sandbox, home)
        expected = {code: happen(sandbox.world, code) for code in MISHAPS}
        failed = [done for platform in READ for done in extract(platform) if done.error]
        ensure_raw_tables()
    assert not failed, failed
    warehouse = Warehouse(home)
    # The identities hold whatever goes wrong.
    warehouse.dbt("build", "resource_type:seed", "+marts.finance", "+marts.tax", "+marts.journal")
    return warehouse, expected


@pytest.mark.proof
@pytest.mark.parametrize("code", MISHAPS)
def test_what_happened_has_its_code_and_its_cents(told: tuple[Warehouse, dict[str, list[Expected]]], code: str) -> None:
    warehouse, expected = told
    for wanted in expected[code]:
        rows = warehouse.query(
            "select reason_code, amount_minor, evidence from marts.fct_differences where entity_id = 'main' and (reference = ? or"
            " order_id in (select order_id from canonical.can_orders where entity_id = 'main' and order_number = ?))",
            wanted.reference,
            wanted.reference,
        )
        assert (code, wanted.amount_minor) in {(row["reason_code"], row["amount_minor"]) for row in rows}, rows


@pytest.mark.proof
def test_nothing_that_happened_is_unexplained(told: tuple[Warehouse, dict[str, list[Expected]]]) -> None:
    assert told[0].query("select * from marts.fct_differences where reason_code = 'UNX-00'") == []


def test_every_code_happens_or_says_why_not(record_property: pytest.RecordProperty) -> None:
    with (TRANSFORM / "seeds/reason_codes.csv").open() as file:
        codes = {row["reason_code"] for row in csv.DictReader(file)}
    record_property("reason codes covered by a mishap", f"{len(set(MISHAPS) & codes)} of {len(codes)}")
    assert set(MISHAPS) <= codes
    assert codes - set(MISHAPS) == set(ELSEWHERE)


@pytest.mark.parametrize("code", ELSEWHERE)
def test_the_file_named_for_a_code_has_it(code: str) -> None:
    [file] = [ROOT / place for place in re.findall(r": (tests/\S+\.py)$", ELSEWHERE[code])]
    assert re.search(rf"[\"']{code}[\"']", file.read_text())
