"""A warehouse in which everything that can happen to money does: random shops, every told story, policies, rates, a close.

Each teller has an entity of its own, so that no story disturbs another and a join without the entity shows. What comes
out is canonical rows and the seeds that go with them.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tests.proof import money_guesses
from tests.proof.money_costs import with_costs
from tests.proof.money_methods import charge_methods, contracts
from tests.proof.money_rules import AHEAD, seeds
from tests.transform import (
    advance_stories,
    journal_stories,
    test_early_payment,
    test_everything_on_one_order,
    test_finance_cases,
    test_finance_processors,
    test_hard_money,
    test_journal_hard_cases,
    test_money_atom_parts,
    test_tax_checks,
    test_tax_of_advances,
)
from tests.transform.canonical_rows import CanonicalRows
from tests.transform.finance_rows import Row, Story, golden, noon
from tests.transform.finance_worlds import Shop, happenings, together
from tests.transform.summary_stories import SUMMED, days_in_summary
from tests.transform.tax_worlds import TaxWorld
from tests.transform.test_journal_revisions import posted, without_discount
from tests.transform.test_quickbooks_edits import DAY, TOTALS, WRITTEN

Tables = dict[str, list[Row]]
HAPPENINGS_A_SHOP = 60
CLOSED = ("outlet", "2026-09")
# Columns that name a thing; where a story's own words refer to each other, `words` are renamed with them.
KEYS = ("_id", "processor_reference", "charge_reference")
WORDS = ("reference", "order_reference", "order_number", "memo")
SHARED = ("account_id", "entity_id")
# Where the stories stand that are told alone.
TOLD_ALONE = (
    journal_stories,
    test_hard_money,
    test_journal_hard_cases,
    test_money_atom_parts,
)


def everything() -> Tables:
    """Canonical rows by table."""
    tables = together(random_shops())
    for rows in (*_told_in_turn(), _journal_in_the_books(), _edited_documents(), *_taxed(), _closes()):
        for table, found in rows.items():
            tables.setdefault(table, []).extend(found)
    told = tables.setdefault("can_charge_methods", [])
    known = {(row["account_id"], row["charge_reference"]) for row in told}
    told += [
        row
        for row in charge_methods(tables["can_processor_movements"])
        if (row["account_id"], row["charge_reference"]) not in known
    ]
    return with_costs(tables)


def random_shops() -> list[Shop]:
    """Three entities, two of them in one currency, in which nearly everything happens with everything."""
    return [
        Shop(entity, currency).tell(happenings(random.Random(f"sql mutants:{entity}"), HAPPENINGS_A_SHOP))
        for entity, currency in (("main", "USD"), ("outlet", "USD"), ("europe", "EUR"))
    ]


def fill(world: CanonicalRows) -> None:
    """Puts all of it into a world, and what a close froze of it."""
    for seed, rows in (seeds() | money_guesses.seeds()).items():
        world.seed(seed, *rows)
    tables = everything()
    world.seed("fee_contracts", *contracts(tables["can_processor_movements"]))
    for table, rows in tables.items():
        world.rows(table, *rows)
    world.rows("can_closed_amounts", *_frozen(world))


def _frozen(world: CanonicalRows) -> list[Row]:
    """What the close would have written down, had some rows come, gone and changed since."""
    columns = ("table_name", "measure", "row_key", "currency_code", "amount_minor", "order_id", "refund_id")
    revenue = "{{{{ ref('fct_net_revenue') }}}} where entity_id = '{}' and event_month = '{}'".format(*CLOSED)
    orders = "{{{{ ref('fct_order_reconciliation') }}}} where entity_id = '{}' and order_month = '{}'".format(*CLOSED)
    found = world.query(
        f"""select 'fct_net_revenue', 'net_revenue_minor', net_revenue_id, currency_code, net_revenue_minor, order_id, refund_id from {revenue}
            union all
            select 'fct_net_revenue', 'tax_minor', net_revenue_id, currency_code, tax_minor, order_id, refund_id from {revenue}
            union all
            select 'fct_order_reconciliation', 'total_minor', order_id, currency_code, total_minor, order_id, null from {orders}
            order by 2, 3"""
    )
    close = {"close_id": ":".join(CLOSED), "entity_id": CLOSED[0], "period_month": CLOSED[1]}
    kept = [close | dict(zip(columns, row, strict=True)) for nth, row in enumerate(found) if nth % 7 != 3]
    for nth, row in enumerate(kept):
        row["amount_minor"] += 100 if nth % 5 == 2 else 0
    gone = {"row_key": "sale:gone", "order_id": "gone", "amount_minor": 700}
    # What was provided is kept, whatever is sold and given back since.
    provided = {
        "table_name": "fct_returns_provisions",
        "row_key": f"{':'.join(CLOSED)}:USD",
        "currency_code": "USD",
        "order_id": None,
        "refund_id": None,
    }
    return [
        *kept,
        kept[0] | gone,
        close | provided | {"measure": "provision_minor", "amount_minor": 280_000},
        close | provided | {"measure": "right_to_goods_minor", "amount_minor": 112_000},
    ]


def _told_in_turn() -> list[Tables]:
    """Stories that were told alone get names of their own; those told together already have them."""
    alone = {
        name: story for told in TOLD_ALONE for name, story in vars(told).items() if _is_story(story, told.__name__)
    }
    ready = {"golden": _rows_of(lambda story: story.rows.update(golden().rows))}
    cases = [tell for tell, _, _ in test_finance_cases.CASES]
    held = [tell for tell, _, _ in test_finance_processors.CASES]
    before = _before_shipping()
    preorders = {name: story for name, story in alone.items() if "preorder" in name}
    return [
        _renamed("golden", "golden:", ready["golden"], words=False),
        _renamed("cases", "cases:", _rows_of(_plain, *dict.fromkeys(cases)), words=False),
        _renamed("processors", "processors:", _rows_of(*dict.fromkeys(held)), words=False),
        _renamed("everything", "everything:", _rows_of(test_everything_on_one_order.everything), words=False),
        _renamed("early", "early:", _rows_of(test_early_payment.paid_early), words=False),
        _renamed(SUMMED, f"{SUMMED}:", _rows_of(days_in_summary), words=False),
        *(_renamed(company, f"{company}-", _rows_of(story)) for company, story in money_guesses.COMPANIES.items()),
        *(_renamed("stories", f"{name}-", _rows_of(story)) for name, story in alone.items()),
        *(_renamed("advance", f"advance-{name}-", _rows_of(story)) for name, story in (alone | before).items()),
        *(_renamed("untaxed", f"untaxed-{name}-", _rows_of(story)) for name, story in (preorders | before).items()),
    ]


def _before_shipping() -> dict[str, Callable[[Story], None]]:
    told = {"waiting": advance_stories.WAITING, "sent": advance_stories.SENT}
    return {f"{name}-{when}": story for when, stories in told.items() for name, story in stories.items()}


def _is_story(value: object, module: str) -> bool:
    """A function of that module that needs nothing but a story."""
    if not inspect.isfunction(value) or value.__module__ != module:
        return False
    needed = [one.name for one in inspect.signature(value).parameters.values() if one.default is one.empty]
    return needed == ["story"] and value.__name__ not in ("terms", "sold", "world")


def _plain(story: Story) -> None:
    story.sell("plain", ("product", 1_000, 0, 0))
    story.book("plain", ("4000", 1_000))


def _rows_of(*stories: Callable[[Story], None]) -> dict[str, list[Row]]:
    told = Story()
    for story in stories:
        story(told)
    _fill_payouts(told)
    return told.rows


def _fill_payouts(story: Story) -> None:
    """A payout that lists its content has some: what its movements lack is another movement; a movement's payout is there."""
    known = {payout["payout_id"] for payout in story.rows["payouts"]}
    for row in story.rows["processor_movements"]:
        if row["payout_id"] is not None and row["payout_id"] not in known:
            known.add(row["payout_id"])
            _manual_payout(story, row)
    for payout in list(story.rows["payouts"]):
        inside = [row for row in story.rows["processor_movements"] if row["payout_id"] == payout["payout_id"]]
        lacking = payout["amount_minor"] - sum(
            row["net_minor"] for row in inside if "payout" not in row["movement_type"]
        )
        if payout["is_automatic"] and lacking:
            story.move("adjustment", f"content of {payout['payout_id']}", lacking, payout=payout["payout_id"])


def _manual_payout(story: Story, row: Row) -> None:
    told = {key: row[key] for key in ("payout_id", "entity_id", "account_id", "currency_code", "platform")}
    story.add(
        "payouts", platform_payout_id=row["payout_id"], is_automatic=False, created_at=row["occurred_at"], amount_minor=abs(row["amount_minor"]),
        payout_status="failed" if "failure" in row["movement_type"] else "paid", arrival_date=row["movement_date"], **told,
    )  # fmt: skip


def _renamed(entity: str, prefix: str, rows: Mapping[str, list[Row]], words: bool = True) -> Tables:
    """The rows as an entity's, every key (and every word that refers to one) behind a prefix."""
    named = (*KEYS, *WORDS) if words else KEYS

    def new(key: str, value: Any, owner: str) -> Any:
        if key == "entity_id":
            return owner
        if key == "account_id":
            return f"{owner} {value}"
        if key == "memo" and value and value.startswith("je:main:"):
            return value.replace("je:main:", f"je:{entity}:{prefix}")
        return f"{prefix}{value}" if value is not None and key.endswith(named) else value

    def renamed(row: Row) -> Row:
        owner = entity if row.get("entity_id", "main") == "main" else row["entity_id"]
        return {key: new(key, value, owner) for key, value in row.items()}

    return {f"can_{noun}": [renamed(row) for row in found] for noun, found in rows.items()}


def _journal_in_the_books() -> Tables:
    """Entries that the books hold: as they are, as they were, of another day, twice, and of nothing; in an open entity and a closed one."""
    tables: Tables = {}
    stories: dict[str, Callable[[Story], None]] = {
        "same": posted,
        "changed": without_discount,
        "moved": lambda story: posted(story, day=date(2026, 10, 11)),
        "twice": _posted_twice,
        "gone": _posted_and_gone,
    }
    for name, story in stories.items():
        for entity in ("booked", "shut"):
            for table, rows in _renamed(entity, f"{entity}-{name}-", _rows_of(story)).items():
                tables.setdefault(table, []).extend(rows)
    return tables


def _posted_twice(story: Story) -> None:
    without_discount(story)
    posted(story, revision=1)


def _posted_and_gone(story: Story) -> None:
    posted(story)
    for noun in ("orders", "order_lines", "order_payments", "processor_movements", "tax_lines"):
        story.rows[noun].clear()


def _edited_documents() -> Tables:
    """Every kind of document we write to the books, as a person left it: untouched, changed in each way, copied, deleted."""
    tables: Tables = {"can_plan_changes": [], "can_deliveries": [], "can_book_documents": [], "can_book_lines": []}
    for sync, (kind, header, lines, postings) in WRITTEN.items():
        for way in ("untouched", "amount", "account", "emptied", "deleted", "day", "month", "copied"):
            key, number = f"je:booked:{sync}-{way}:event:0", f"{sync}-{way}"
            _write(tables, sync, key, number, header, lines)
            for copy in ("", "-copy") if way == "copied" else ("",):
                held = {"platform": "quickbooks", "account_id": "booked", "entity_id": "booked", "currency_code": "USD"}
                document = {
                    "document_id": number + copy, "platform_document_id": number + copy, "document_type": kind, "memo": key, "total_minor": 0,
                    "document_date": {"day": date(2026, 11, 20), "month": date(2026, 12, 1)}.get(way, DAY), "is_deleted": way == "deleted",
                }  # fmt: skip
                tables["can_book_documents"].append(held | document)
                tables["can_book_lines"] += [
                    held | {"book_line_id": f"{number}{copy}/{account}", "document_id": number + copy, "account_number": account, "signed_minor": amount}
                    for account, amount in _touched(postings, way).items()
                ]  # fmt: skip
    return tables


def _write(tables: Tables, sync: str, key: str, number: str, header: Row, lines: list[Row]) -> None:
    """What the ledger says the books accepted."""
    fields: list[tuple[str, Any]] = [("document_date", DAY), ("total_minor", TOTALS[sync]), *header.items()]
    for place, line in enumerate(lines, start=1):
        fields += [(f"line {place}: {name}", value) for name, value in line.items()]
    same = {
        "delivery_id": number,
        "plan_id": "p-1",
        "sync": f"quickbooks__{sync}",
        "record_key": key,
        "action": "create",
    }
    tables["can_plan_changes"] += [
        same | {"change_number": nth, "field_name": name, "after_value": str(value)}
        for nth, (name, value) in enumerate(fields, start=1)
    ]
    done = {"destination": "quickbooks", "delivery_status": "accepted", "destination_record_id": number, "attempts": 1}
    tables["can_deliveries"].append(same | done)


def _touched(postings: dict[str, int], way: str) -> dict[str, int]:
    debit = next(account for account, amount in postings.items() if amount > 0)
    credit = next(account for account, amount in postings.items() if amount < 0)
    if way == "amount":
        return postings | {debit: postings[debit] + 500, credit: postings[credit] - 500}
    if way == "account":
        return {("9999" if account == credit else account): amount for account, amount in postings.items()}
    return dict.fromkeys(postings, 0) if way == "emptied" else postings


def _taxed() -> list[Tables]:
    """Every sale the rules of tax are tested on, and such as they come back and in other currencies."""
    told = [(story.__name__, story()) for story in (*test_tax_checks.SOUND, *test_tax_checks.WRONG)]
    for currency in ("EUR", "SEK", "DKK"):
        world = TaxWorld(currency=currency).sell("A", 10_000, (200_000, 2_000), to="FR", day=date(2026, 11, 20))
        told.append((f"returned {currency}", world.give_back("A", 4_000, 800, day=date(2026, 12, 2))))
        early = TaxWorld(currency=currency).sell("A", 5_000, (200_000, 1_000), to="FR", day=date(2026, 9, 20))
        told.append((f"corrected {currency}", early.give_back("A", 2_000, 400, day=date(2026, 10, 20))))
    told.append(
        (
            "two rates",
            TaxWorld()
            .sell("A", 10_000, (190_000, 1_900))
            .sell("A", 10_000, (70_000, 700))
            .give_back("A", 1_000, 130, line=None),
        )
    )
    told.append(("two taxes", TaxWorld().sell("A", 999, (50_000, 50), (99_750, 100)).give_back("A", 333, 50)))
    told.append(("goodwill", TaxWorld().sell("A", 10_000, (190_000, 1_900)).give_back("A", 500, 0, line=None)))
    for cents in (1, -1):
        sold = TaxWorld().sell("A", 4_750, (190_000, 902)).sell("A", 4_750, (190_000, 902))
        told.append((f"header {cents}", sold.round_header("A", cents)))
    return [*(_behind(f"{name}-", world) for name, world in told), _taxed_ahead()]


def _taxed_ahead() -> Tables:
    """Orders of the European company that were paid, given back and exchanged before they left."""
    world, parcels = test_tax_of_advances.told()
    for order in world.tables["can_orders"]:
        order["channel"] = AHEAD
    world.tables["can_parcels"] = parcels
    return _behind("ahead-", world)


def _behind(prefix: str, world: TaxWorld) -> Tables:
    def new(key: str, value: Any) -> Any:
        is_key = key.endswith(("_id", "order_number")) and key not in (*SHARED, "tax_id")
        return f"{prefix}{value}" if is_key and value is not None else value

    return {
        table: [{key: new(key, value) for key, value in row.items()} for row in rows]
        for table, rows in world.tables.items()
    }


def _closes() -> Tables:
    """One month of one random shop, and of an entity whose entries stand in the books."""
    return {
        "can_closes": [
            {
                "close_id": f"{entity}:{month}",
                "entity_id": entity,
                "period_month": month,
                "closed_at": noon(date(2026, 11, 3)),
            }
            for entity, month in (CLOSED, ("shut", "2026-10"))
        ]
    }
