"""The golden month holds to the cent, row by row, computed from the world's facts (issue: the $47,000 story)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sandbox.facts import Order
from sandbox.shipments import open_quantities, shipped_quantities
from sandbox.world import World, build_world


@pytest.fixture(scope="module", params=[7, 1, 2026])
def world(request: pytest.FixtureRequest) -> World:
    return build_world(seed=request.param)


def month(world: World, moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(world.time_zone)).strftime("%Y-%m")


def october(world: World) -> list[Order]:
    return [o for o in world.orders.values() if month(world, o.placed_at) == "2026-10" and not o.is_test]


def carrying(world: World, code: str) -> list[Order]:
    return [order for order in october(world) if code in order.story]


def captured(order: Order) -> int:
    return order.captured_minor if order.payment_status != "authorized" else 0


def test_the_storefront_total_is_composed_as_told(world: World) -> None:
    orders = october(world)
    assert sum(o.total_minor for o in orders) == 4_700_000
    assert sum(o.product_net_minor for o in orders) == 4_024_000
    assert sum(o.shipping_minor for o in orders) == 194_000
    assert sum(o.tax_minor for o in orders) == 420_000
    assert sum(o.gift_card_sold_minor for o in orders) == 50_000
    assert sum(o.tip_minor for o in orders) == 12_000


def test_bridge_a_leads_from_storefront_to_bank(world: World) -> None:
    authorised = [o for o in october(world) if o.payment_status == "authorized"]
    by_gift_card = sum(leg.amount_minor for o in october(world) for leg in o.tenders if leg.type == "gift_card")
    on_terms = sum(o.total_minor for o in carrying(world, "TND-03"))
    moved = [m for m in world.movements if month(world, m.occurred_at) == "2026-10"]
    fees = sum(p.amount_minor for m in moved for p in m.fee_parts if p.type == "stripe_fee")
    dispute = sum(m.amount_minor for m in moved if m.kind == "dispute")
    dispute_fee = sum(p.amount_minor for m in moved for p in m.fee_parts if p.type == "dispute_fee")
    refunds = sum(m.amount_minor for m in moved if m.kind == "refund")
    unpaid = sum(m.net_minor for m in world.movements if m.payout_id is None)
    september = [m for m in world.movements if month(world, m.occurred_at) == "2026-09" and m.kind != "payout"]
    paid_in_october = {p.payout_id for p in world.payouts if month(world, p.created_at) == "2026-10"}
    last_month = sum(m.net_minor for m in september if m.payout_id in paid_in_october)
    bank = sum(line.amount_minor for line in world.bank_lines if f"{line.value_date:%Y-%m}" == "2026-10")
    rows = [
        -sum(o.total_minor for o in authorised),
        -by_gift_card,
        -on_terms,
        refunds,
        -fees,
        dispute,
        -dispute_fee,
        -unpaid,
        last_month,
    ]
    assert rows == [-32_000, -45_000, -60_000, -118_000, -128_845, -12_000, -1_500, -64_000, 81_345]
    assert sum(o.product_net_minor for o in authorised) == 28_800
    assert 4_700_000 + sum(rows) == bank == 4_320_000


def test_bridge_b_rolls_the_clearing_account_forward(world: World) -> None:
    before = sum(m.net_minor for m in world.movements if month(world, m.occurred_at) < "2026-10")
    moved = [m for m in world.movements if month(world, m.occurred_at) == "2026-10"]
    total = {
        kind: sum(m.amount_minor for m in moved if m.kind == kind) for kind in ("charge", "refund", "dispute", "payout")
    }
    assert before == 81_345
    assert total == {"charge": 4_563_000, "refund": -118_000, "dispute": -12_000, "payout": -4_320_000}
    assert sum(captured(order) for order in october(world)) == 4_563_000
    assert before + sum(m.net_minor for m in moved) == 64_000 == sum(m.net_minor for m in world.movements)


def test_bridge_c_leads_to_net_revenue(world: World) -> None:
    orders = [o for o in october(world) if o.payment_status != "authorized"]
    returned = [r for o in october(world) for r in o.refunds]
    assert sum(r.net_minor for r in returned) == 106_200
    assert sum(r.tax_minor for r in returned) == 11_800
    assert sum(o.revenue_minor for o in orders) - sum(r.net_minor for r in returned) == 4_083_000


def test_bridge_d_recomputes_each_cause_from_its_own_documents(world: World) -> None:
    documents = [d for d in world.documents if f"{d.document_date:%Y-%m}" == "2026-10"]
    typed = Counter(d.number for d in documents)
    causes: Counter[str] = Counter()
    for order in [o for o in october(world) if o.payment_status != "authorized"]:
        mine = [d for d in documents if d.number == order.number]
        difference = sum(d.revenue_minor for d in mine) - order.revenue_minor
        if difference:
            (code,) = {code for d in mine for code in d.story if code not in {"REF-01", "TND-01"}} or {"BKS-01"}
            causes[code] += difference
        for refund in order.refunds:
            found = [d for d in documents if d.number == f"{order.number}-R{refund.sequence}"]
            causes["BKS-11"] += sum(d.revenue_minor for d in found) + refund.net_minor
    assert dict(causes) == {
        "TAX-04": 260_000, "LIA-01": 50_000, "BKS-11": 74_200, "BKS-02": 31_500, "BKS-07": 8_650, "RND-03": 150, "BKS-01": -27_500,
    }  # fmt: skip
    assert sum(d.revenue_minor for d in documents) == 4_480_000 == 4_083_000 + sum(causes.values())
    assert [number for number, count in typed.items() if count > 1] == [carrying(world, "BKS-02")[0].number]


def test_every_payout_is_the_sum_of_its_movements_and_one_bank_line(world: World) -> None:
    lines = {line.reference: line.amount_minor for line in world.bank_lines}
    for payout in world.payouts:
        parts = list(world.movements_of_payout(payout.payout_id))
        assert sum(m.net_minor for m in parts) == 0
        assert lines.pop(payout.reference) == payout.amount_minor
    assert not lines


def test_leftover_cents_of_a_discount_go_to_the_first_lines(world: World) -> None:
    for order in world.orders.values():
        if order.discount_code in {"AUTUMN10", "WELCOME15"}:
            gross = [line.gross_minor for line in order.lines]
            floors = [order.discount_minor * g // sum(gross) for g in gross]
            left = order.discount_minor - sum(floors)
            assert [line.discount_minor - floor for line, floor in zip(order.lines, floors, strict=True)] == [
                1 if place < left else 0 for place in range(len(gross))
            ]


def test_the_world_has_the_people_and_boxes_the_story_needs(world: World) -> None:
    by_mail: dict[str, list[Order]] = {}
    for order in sorted(world.orders.values(), key=lambda o: o.placed_at):
        if order.email:
            by_mail.setdefault(order.email.lower(), []).append(order)
    assert sum(orders[0].is_guest and not orders[-1].is_guest for orders in by_mail.values()) >= 10
    boxes = Counter(p.order_number for p in world.parcels if p.voided_at is None)
    assert sum(count > 1 for count in boxes.values()) >= 15
    untold = [
        p
        for p in world.parcels
        if not p.is_known_to_storefront and p.voided_at is None and p.order_number.startswith("#")
    ]
    assert len(untold) == 8
    assert sum(o.payment_status == "partially_refunded" for o in october(world)) >= 6
    assert [o.number for o in world.orders.values() if o.is_test] != []
    assert len(world.disputes) == 1
    assert any(o.cancelled_at for o in world.orders.values())
    assert not any(o.cancelled_at for o in october(world))


def test_no_fact_lies_after_the_world_opens(world: World) -> None:
    now = world.clock.now()
    assert all(o.updated_at <= now for o in world.orders.values())
    assert all(d.updated_at <= now for d in world.documents)
    assert all(p.shipped_at <= now for p in world.parcels)
    assert all(m.occurred_at <= now for m in world.movements)


def test_allocated_stock_is_what_open_order_lines_ask_for(world: World) -> None:
    shipped = shipped_quantities(world.parcels)
    owed: Counter[str] = Counter()
    for order in world.orders.values():
        skus = {line.line_id: line.sku for line in order.lines}
        for line_id, quantity in open_quantities(order, shipped).items():
            owed[skus[line_id]] += quantity
    assert owed
    assert dict(owed) == {
        s: lv.allocated for (s, place), lv in world.stock.items() if lv.allocated and place == "newark"
    }


def test_more_orders_leave_the_golden_months_alone() -> None:
    small, large = build_world(7, 500), build_world(7, 20_000)
    assert small.orders == large.orders
    assert list(small.movements) == large.movements[-len(small.movements) :]
    assert len(large.orders) + large.history.count == 20_000
    assert large.history.order(large.history.count - 1).updated_at < min(o.placed_at for o in small.orders.values())
    assert sum(line.amount_minor for line in large.bank_lines if f"{line.value_date:%Y-%m}" == "2026-10") == 4_320_000


def test_history_adds_up_like_the_written_months() -> None:
    world = build_world(7, 3_500)
    for place in range(0, world.payouts.head_length, 50):
        payout = world.payouts[place]
        assert sum(m.net_minor for m in world.movements_of_payout(payout.payout_id)) == 0
    for place in range(0, len(world.movements), 37):
        assert world.movements.position(world.movements[place].movement_id) == place
    for index in range(0, world.history.count, 41):
        order = world.history.order(index)
        assert world.order(order.number) == order
        assert order.captured_minor == order.total_minor
        assert world.documents[index].revenue_minor == order.revenue_minor
