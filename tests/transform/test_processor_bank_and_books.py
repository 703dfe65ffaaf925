"""The golden month as processor, bank and books tell it: read from the sandbox, mapped to canonical, to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from pipelines.extract import connector
from pipelines.settings import Connection
from sandbox.server import CREDENTIALS, Sandbox
from tests.transform.raw_rows import RawRows

pytestmark = pytest.mark.world

OCTOBER = "between date '2026-10-01' and date '2026-10-31'"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def read(sandbox: Sandbox, *platforms: str) -> RawRows:
    """Everything the connectors of these platforms fetch, in raw tables."""
    rows = RawRows()
    for platform in platforms:
        declared = connector(platform)
        names = {name: CREDENTIALS[platform][name] for name in declared.credentials}
        with declared.connect(Connection(platform, "main", sandbox.base_urls[platform], names)) as client:
            for resource in declared.resources:
                rows.raw(platform, resource.name, [row for page in resource.fetch(client, None) for row in page])
    return rows


def test_the_processors_month_rolls_forward_to_the_balance_it_reports(sandbox: Sandbox) -> None:
    rows = read(sandbox, "stripe").mapped("processor_movements", "stripe").mapped("payouts", "stripe")
    rows.mapped("processor_balances", "stripe")
    sums = dict(
        rows.query(
            f"""select movement_type, cast(sum(amount_minor) as bigint) from {{{{ ref('can_processor_movements') }}}}
                where movement_date {OCTOBER} group by movement_type"""
        )
    )
    # 45,630.00 captured, 1,180.00 refunded, 120.00 disputed, 43,200.00 paid out.
    assert sums == {"charge": 4563000, "refund": -118000, "dispute": -12000, "payout": -4320000}
    ends = rows.query(
        """select sum(net_minor) filter (where movement_date < date '2026-10-01'), sum(net_minor),
                  sum(processing_fee_minor) filter (where movement_date >= date '2026-10-01'), sum(dispute_fee_minor)
           from can_processor_movements"""
    )
    # Opening 813.45; fees 1,288.45; dispute fee 15.00; closing 640.00 = what the processor says.
    assert ends == [(81345, 64000, 128845, 1500)]
    balance = (
        "select available_minor + pending_minor, cast(as_of_at as varchar) from {{ ref('can_processor_balances') }}"
    )
    assert rows.query(balance) == [(64000, "2026-11-01 12:00:00")]
    assert rows.singular_test("assert_i_08_payout_is_the_net_of_its_movements") == []
    assert rows.singular_test("assert_i_07_movement_is_fee_and_net") == []
    unknown = "select count(*) from can_processor_movements where movement_type != 'payout' and order_reference is null"
    assert rows.query(unknown) == [(0,)]


def test_each_payout_is_one_bank_line_with_its_reference_amount_and_day(sandbox: Sandbox) -> None:
    rows = read(sandbox, "stripe", "bank").mapped("payouts", "stripe").mapped("bank_lines", "bank")
    october = (
        f"select cast(sum(amount_minor) as bigint) from {{{{ ref('can_bank_lines') }}}} where value_date {OCTOBER}"
    )
    assert rows.query(october) == [(4320000,)]
    unmatched = """
        select payouts.platform_payout_id, lines.platform_bank_line_id
        from {{ ref('can_payouts') }} as payouts
        full join {{ ref('can_bank_lines') }} as lines
            on payouts.reference = lines.reference
            and payouts.amount_minor = lines.amount_minor
            and payouts.arrival_date = lines.value_date
        where payouts.payout_id is null or lines.bank_line_id is null
    """
    assert rows.query(unmatched) == []


def test_the_books_say_44800_of_revenue_and_every_document_balances(sandbox: Sandbox) -> None:
    rows = read(sandbox, "quickbooks").mapped("book_documents", "quickbooks").mapped("book_lines", "quickbooks")
    revenue = f"""
        select cast(-sum(lines.signed_minor) as bigint), count(*) filter (where lines.account_number is null)
        from {{{{ ref('can_book_lines') }}}} as lines
        inner join {{{{ ref('can_book_documents') }}}} as documents on lines.document_id = documents.document_id
        where documents.document_date {OCTOBER} and coalesce(lines.account_number, '4000') in ('4000', '4010', '4020', '4030')
    """
    assert rows.query(revenue) == [(4480000, 0)]
    assert rows.singular_test("assert_book_documents_balance") == []


def test_a_deposit_pushed_and_a_receipt_deleted_in_the_books_are_read_back(sandbox: Sandbox) -> None:
    names = CREDENTIALS["quickbooks"]
    company = f"{sandbox.base_urls['quickbooks']}/v3/company/{names['realm_id']}"
    headers = {"Authorization": f"Bearer {names['access_token']}", "Accept": "application/json"}
    accounts = dict(read(sandbox, "quickbooks").query(
        "select account_number, platform_account_id from {{ ref('stg_quickbooks__accounts') }}"
    ))  # fmt: skip
    deposit = {
        "PrivateNote": "je:main:po_1:paid:0",
        "DepositToAccountRef": {"value": accounts["1000"]},
        "Line": [
            {
                "DetailType": "DepositLineDetail",
                "Amount": 100.0,
                "DepositLineDetail": {"AccountRef": {"value": accounts["1100"]}},
            },
            {
                "DetailType": "DepositLineDetail",
                "Amount": -2.9,
                "DepositLineDetail": {"AccountRef": {"value": accounts["6000"]}},
            },
        ],
    }
    with httpx.Client(base_url=company, headers=headers) as client:
        assert client.post("/deposit", json=deposit).status_code == 200
        query = {"query": "select * from SalesReceipt startposition 1 maxresults 1"}
        receipt = client.get("/query", params=query).json(parse_float=Decimal)["QueryResponse"]["SalesReceipt"][0]
        gone = {"Id": receipt["Id"], "SyncToken": receipt["SyncToken"]}
        assert client.post("/salesreceipt", params={"operation": "delete"}, json=gone).status_code == 200
    rows = read(sandbox, "quickbooks").mapped("book_documents", "quickbooks").mapped("book_lines", "quickbooks")
    posted = """
        select lines.account_number, lines.signed_minor, documents.total_minor
        from {{ ref('can_book_lines') }} as lines
        inner join {{ ref('can_book_documents') }} as documents on lines.document_id = documents.document_id
        where documents.memo = 'je:main:po_1:paid:0' order by lines.line_number
    """
    assert rows.query(posted) == [("1100", -10000, 9710), ("6000", 290, 9710), ("1000", 9710, 9710)]
    assert rows.singular_test("assert_book_documents_balance") == []
    deleted = "select record_type, platform_record_id from {{ ref('stg_quickbooks__deletions') }}"
    assert rows.query(deleted) == [("sales_receipt", receipt["Id"])]
