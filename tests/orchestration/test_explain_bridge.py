"""`cartwheel explain bridge`: from one total to the next on a day or in a month, and the amounts a row is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import CliRunner, Result

from orchestration.bridge_explaining import READ
from orchestration.cli import cartwheel
from tests.orchestration import published_home
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Story


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A snapshot of an order of 100.00 on the 1st, at the bank on the 3rd less a fee of 3.00; one of the 1st that nobody charged; two that nobody booked."""
    story = Story()
    story.sell("#1", ("product", 10_000, 0, 0), fee=300, payout="po", day=date(2026, 10, 1))
    story.payout("po", 9_700, date(2026, 10, 2), date(2026, 10, 3))
    story.order("#2", ("product", 4_000, 0, 0), day=date(2026, 10, 1))
    story.book("#1", ("4000", 10_000), day=date(2026, 10, 1))
    for number, amount in (("#3", 500), ("#4", 2_000)):
        story.sell(number, ("product", amount, 0, 0), day=date(2026, 10, 1))
    world = CanonicalRows(as_of="2027-01-31")
    for noun, rows in story.rows.items():
        world.rows(f"can_{noun}", *rows)
    with pytest.MonkeyPatch.context() as patch:
        published_home.settle_in(tmp_path_factory.mktemp("home"), "http://127.0.0.1:9", patch)
        published_home.publish_built(world, *READ)
        yield


def asked(*words: str) -> Result:
    return CliRunner().invoke(cartwheel, ["explain", "bridge", *words])


def test_a_day_is_told_from_start_to_end_with_its_reasons() -> None:
    lines = asked("--day", "2026-10-01", "--bridge", "storefront_to_bank", "--currency", "usd").output.splitlines()
    # 165.00 ordered − 40.00 − 3.00 − 25.00 − 97.00 = 0.00 at the bank that day
    assert lines == [
        "main, 2026-10-01 (snapshot 1)",
        "",
        "storefront to bank, USD",
        "            165.00          storefront, ordered",
        "            -40.00  TIM-04  placed, but captured in another month or not at all",
        "             -3.00  FEE-01  processing fees",
        "            -25.00  TIM-01  captured, not paid out by the end of the month",
        "            -97.00  TIM-12  moved at the processor, at the bank on another day of the month",
        "=             0.00          bank deposits",
    ]


def test_a_month_has_all_four_bridges_and_each_closes() -> None:
    found = json.loads(asked("--month", "2026-10", "--format", "json").output)["bridges"]
    assert [bridge["bridge"] for bridge in found] == [
        *("storefront_to_bank", "clearing", "storefront_to_net_revenue", "net_revenue_to_books"),
    ]
    assert {bridge["gap_minor"] for bridge in found} == {0}
    ends = {bridge["bridge"]: bridge["rows"][-1]["amount_minor"] for bridge in found}
    assert ends["storefront_to_bank"] == 9_700
    assert "TIM-12" not in {row["reason_code"] for bridge in found for row in bridge["rows"]}


@pytest.mark.parametrize(
    ("period", "reason", "amount", "source"),
    [
        (("--month", "2026-10"), "FEE-01", -300, ("movement_id", "txn_charge_ch_#1")),
        (("--day", "2026-10-01"), "FEE-01", -300, ("movement_id", "txn_charge_ch_#1")),
        (("--day", "2026-10-03"), "TIM-12", 9_700, ("bank_line_id", "line po")),
        (("--month", "2026-10"), "TIM-04", -4_000, ("order_id", "#2")),
    ],
    ids=["fee of the month", "fee of the day", "came on the day", "not captured"],
)
def test_a_reason_shows_the_source_records_its_row_is_made_of(
    period: tuple[str, str], reason: str, amount: int, source: tuple[str, str]
) -> None:
    words = (*period, "--reason", reason, "--bridge", "storefront_to_bank")
    [bridge] = json.loads(asked(*words, "--format", "json").output)["bridges"]
    [row] = [row for row in bridge["rows"] if row["reason_code"] == reason]
    [behind] = row["largest"]
    assert row["amount_minor"] == row["amounts_minor"] == behind["amount_minor"] == amount
    assert behind[source[0]] == source[1]
    text = asked(*words).output
    assert f"{reason}, {row['label']}: 1 amount that adds up to {amount / 100:,.2f}" in text
    assert source[1] in text


def test_of_many_amounts_the_largest_are_shown_and_all_are_counted() -> None:
    words = ("--day", "2026-10-01", "--reason", "BKS-01", "--limit", "1")
    assert "BKS-01, orders missing in the books: 2 amounts that add up to -25.00" in asked(*words).output
    assert asked(*words).output.splitlines()[-3:] == [
        "            -20.00  revenue, #4: no document with this number or key in the books",
        "                    order #4",
        "                    … 1 more: --limit 0",
    ]


REFUSED = {
    "neither": ((), 2, "name a month (--month 2026-10) or a day"),
    "both": (("--month", "2026-10", "--day", "2026-10-01"), 2, "name a month (--month 2026-10) or a day"),
    "no month": (("--month", "2026-13"), 2, "'2026-13' is not a month such as 2026-10"),
    "no day": (("--day", "2026-02-30"), 2, "'2026-02-30' is not a day such as 2026-10-05"),
    "an empty day": (
        ("--day", "2026-10-09"),
        1,
        "Nothing of main falls on 2026-10-09: nothing ordered, moved, banked or booked. Nearest: 2026-10-03.",
    ),
    "an empty month": (("--month", "2026-07"), 1, "Nothing of main falls on 2026-07"),
    "an unknown entity": (
        ("--month", "2026-10", "--entity", "mian"),
        1,
        "There is no entity 'mian' with a bridge. Entities: main.",
    ),
    "another currency": (("--month", "2026-10", "--currency", "EUR"), 1, "main has no bridge EUR of 2026-10: USD."),
    "an absent reason": (
        ("--day", "2026-10-02", "--bridge", "clearing", "--reason", "FEE-01"),
        1,
        "No row has the reason 'FEE-01'. It has no row with a reason.",
    ),
    "a reason of days": (("--month", "2026-10", "--reason", "TIM-12"), 1, "Only days have TIM-12: ask with --day."),
}


@pytest.mark.parametrize("case", REFUSED, ids=REFUSED)
def test_it_says_what_there_is_where_there_is_nothing(case: str) -> None:
    words, code, said = REFUSED[case]
    refused = asked(*words)
    assert refused.exit_code == code
    assert said in refused.output
