"""Every write at the sandbox's twin, without the engine: sent, read back, looked up, repeated, and taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from reverse_etl import canonical_json, destinations
from reverse_etl.destination import Answer, Result
from reverse_etl.plan import Action, Change
from reverse_etl.sync import Mode
from reverse_etl.syncs import all_syncs
from tests.reverse_etl.destination_cases import CONTACTS, SYNCS, one, write

server = pytest.importorskip("sandbox.server")


@pytest.fixture(scope="module")
def sandbox():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


class Twin:
    """Requests as the push loop's client makes them."""

    def __init__(self, sandbox, sync):
        self.name, self.platform, self.world = sync, all_syncs()[sync].destination, sandbox.world
        self.sandbox = sandbox
        self.credentials = (server.CREDENTIALS | server.EUROPE_CREDENTIALS | server.AMAZON_CREDENTIALS)[self.platform]
        self.destination, self.url = destinations.load(self.platform), f"{sandbox.url}/{self.platform}"
        self.write = write(sync)

    def send(self, request) -> Answer:
        path = request.path
        for name, value in self.credentials.items():
            path = path.replace(f"{{{name}}}", value)
        body = canonical_json.dumps(request.json) if request.json is not None else None
        headers = {"Content-Type": "application/json", **self.destination.headers(self.credentials)}
        headers |= {**self.bearer(), **request.headers}
        said = httpx.request(
            request.method, self.url + path, params=request.params or None, content=body, headers=headers
        )
        return Answer(
            said.status_code,
            json.loads(said.text, parse_float=Decimal),
            {name.lower(): value for name, value in said.headers.items()},
        )

    def bearer(self):
        """A token of its own, where requests carry one; its minute is as full as a patient client would find it."""
        grant = self.destination.grant
        if grant is None:
            return {}
        if self.platform == "xero":
            self.world.state("xero")["limits"].minute.refill()
        names = (self.credentials["client_id"], self.credentials["client_secret"])
        self.token = (
            getattr(self, "token", None)
            or httpx.post(
                grant.url(self.url), data=grant.form(self.credentials), auth=names if grant.is_signed else None
            ).json()["access_token"]
        )
        return grant.carried_by(self.token)

    def references(self):
        reads = self.write.references
        if reads is None:
            return {}
        return {table: reads.read(table, self.send(asked)) for table, asked in reads.requests.items()}

    def deliver(self, delivery, key=""):
        encode = self.write.encode_delete if delivery.action is Action.DELETE else self.write.encode
        (outcome,) = self.write.decode(
            [delivery], self.send(encode([delivery], key or self.name, self.references()))
        ).values()
        return outcome

    def held(self, delivery):
        return self.write.read_back.read(delivery, self.send(self.write.read_back.encode(delivery, {})))

    def found(self, delivery):
        return self.write.look_up.found(delivery, self.send(self.write.look_up.encode(delivery, {})))

    def effects(self):
        return self.world.effects.count(platform=self.platform)


@pytest.fixture(params=SYNCS)
def twin(request, sandbox):
    return Twin(sandbox, request.param)


def open_invoice(twin):
    """An invoice of the company that buys on terms, which still owes enough."""
    records = twin.world.state("quickbooks")["books"].records("Invoice")
    return next(record["Id"] for record in records if record["Balance"] >= 100)


def xero_wanted(twin):
    """A document of a contact that exists; a payment pays an invoice that does."""
    from sandbox.platforms import xero_people as people

    books, name = twin.world.state("xero")["books"], twin.name
    if name == "xero__contacts":
        return one(name, contact_number="customer:twin", contact_name="Twin GmbH", platform_contact_id=None)
    if books.numbered("Contacts", "customer:main:ann") is None:
        people.type_in(books, "Contacts", Name="Kontor GmbH", ContactNumber="customer:main:ann")
        people.type_in(books, "Contacts", Name="Ann")
        line = {"Description": "Mug", "UnitAmount": Decimal("500.00"), "AccountCode": "4000"}
        typed = {
            "InvoiceNumber": "T-0",
            "Contact": {"Name": "Kontor GmbH"},
            "LineItems": [line],
            "Status": "AUTHORISED",
        }
        people.type_in(books, "Invoices", Type="ACCREC", Date="2026-10-05", DueDate="2026-10-05", **typed)
    if name == "xero__allocations":
        line = {"Description": "Back", "UnitAmount": Decimal("200.00"), "AccountCode": "4020"}
        typed = {"CreditNoteNumber": "T-C", "Contact": {"Name": "Kontor GmbH"}, "LineItems": [line]}
        note = people.type_in(
            books,
            "CreditNotes",
            Type="ACCRECCREDIT",
            Date="2026-10-05",
            Reference="je:note",
            Status="AUTHORISED",
            **typed,
        )
        return one(name, credit_note_id=note["CreditNoteID"], credit_note_number="T-C", invoice_number="T-0")
    made = replace(one(name), record_key=f"je:twin:{name}")
    told = {"document_number": f"T-{name}", "invoice_number": "T-0"}
    changed = {field: told.get(field, value) for field, value in made.payload.items()}
    return replace(made, payload=changed)


def wanted(twin):
    """A delivery about a record that this world has, or may get."""
    world, name = twin.world, twin.name
    if name == "shopify__stock_levels":
        product, place = world.catalogue[0], world.locations[0]
        have = world.shopify_available[(product.sku, place.location_id)]
        item, location = f"InventoryItem/{product.shopify_inventory_item_id}", f"Location/{place.shopify_id}"
        gids = {"inventory_item_gid": f"gid://shopify/{item}", "location_gid": f"gid://shopify/{location}"}
        return replace(one(name, **gids, quantity=have + 3), changes=(Change("quantity", have, have + 3),))
    if name == "shopify__product_visibility":
        return one(name, product_gid=f"gid://shopify/Product/{world.catalogue[0].shopify_product_id}")
    if name == "woocommerce__product_visibility":
        return one(name, platform_product_id=str(world.catalogue[0].woo_product_id))
    if name == "shopify__tracking":
        from sandbox.platforms.shopify_fulfilments import remaining

        orders = [order for order in world.orders.values() if order.channel == "shopify"]
        order = next(order for order in orders if any(remaining(world, order).values()))
        line = next(line for line, left in remaining(world, order).items() if left)
        parent = f"gid://shopify/FulfillmentOrder/{order.platform_id + 1_000_000_000}"
        made = one(name, platform_order_id=str(order.platform_id), fulfilment_order_gid=parent)
        gid = f"gid://shopify/FulfillmentOrderLineItem/{line + 1}"
        return replace(made, lines=({"fulfilment_order_line_gid": gid, "line_quantity": 1},))
    if name == "woocommerce__stock_levels":
        product = next(item for item in world.catalogue if item.woo_variation_id is not None)
        have = world.woo_quantity[product.sku]
        ids = {"platform_product_id": str(product.woo_product_id), "platform_variant_id": str(product.woo_variation_id)}
        return replace(one(name, **ids, quantity=have + 3), changes=(Change("quantity", have, have + 3),))
    if name == "amazon__stock_levels":
        listing = next(iter(world.amazon.listings.values()))
        stores, have = ",".join(listing.marketplace_ids), listing.quantity
        made = one(name, sku=listing.sku, platform_product_type=listing.product_type, pool_group=stores)
        wanted_quantity = {"quantity": have + 3}
        return replace(made, payload={**made.payload, **wanted_quantity}, changes=(Change("quantity", have, have + 3),))
    if name in CONTACTS:
        return replace(one(name, email="twin@example.com"), changes=(Change("segment", None, "loyal"),))
    if name.startswith("xero"):
        return xero_wanted(twin)
    if name == "quickbooks__customers":
        return one(name, display_name="Riverside Inns LLC")
    owed = ("quickbooks__invoices", "quickbooks__credit_notes", "quickbooks__payments")
    customer = "Riverside Inns LLC" if name in owed else None
    if name == "quickbooks__payments":
        made = one(name, customer_name=customer)
        return replace(
            made, record_key="je:twin:paid", lines=({**made.lines[0], "linked_document_id": open_invoice(twin)},)
        )
    if name == "quickbooks__payment_deposits":
        made = one(name)
        paid = wanted(Twin(twin.sandbox, "quickbooks__payments"))
        received = Twin(twin.sandbox, "quickbooks__payments").deliver(
            replace(paid, record_key="je:twin:banked", payload=paid.payload | {"deposit_account_number": "1140"}),
            "banked",
        )
        linked = {"linked_document_id": received.destination_id, "line_amount_minor": 9680}
        return replace(made, record_key="je:twin:deposit", lines=({**made.lines[0], **linked},))
    return replace(one(name, customer_name=customer, document_number="T-1"), record_key=f"je:twin:{name}")


def test_a_write_is_free_before_it_held_after_it_and_settles_its_own_doubt(twin):
    delivery = wanted(twin)
    assert twin.found(delivery) is None
    before = twin.effects()
    assert twin.deliver(delivery).result is Result.ACCEPTED
    assert twin.effects() - before == 1
    held = twin.held(delivery)
    assert held
    assert held == {field: delivery.payload[field] for field in held}
    assert twin.found(delivery).result is Result.ACCEPTED


@pytest.mark.parametrize("name", ["shopify__stock_levels", *CONTACTS])
def test_several_are_looked_up_in_one_request_with_the_answers_each_gets_alone(sandbox, name):
    twin = Twin(sandbox, name)
    there = wanted(twin)
    if name in CONTACTS:
        there = replace(there, payload={**there.payload, "email": "several@example.com"}, record_key="there")
        absent = replace(there, payload={**there.payload, "email": "Nobody@example.com"}, record_key="absent")
    else:
        absent = replace(there, payload={**there.payload, "quantity": 10_001}, record_key="absent")
    assert twin.deliver(there, "many").result is Result.ACCEPTED
    many, batch = twin.write.look_up.many, [there, absent]
    found = many.found(batch, twin.send(many.encode(batch, {})))
    assert found == {each.record_key: twin.found(each) for each in batch}
    assert (found[there.record_key].result, found["absent"]) == (Result.ACCEPTED, None)


DOCUMENTS = [name for name in SYNCS if all_syncs()[name].mode is Mode.CREATE and write(name).read_back.many is not None]


def test_documents_with_numbers_can_be_read_together():
    assert {"quickbooks__sales_receipts", "quickbooks__invoices", "xero__invoices"} <= set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_several_documents_are_read_in_one_request_as_each_reads_alone(sandbox, name):
    twin = Twin(sandbox, name)
    made = wanted(twin)
    there = [
        replace(made, record_key=f"{made.record_key}:{at}", payload=made.payload | {"document_number": f"M's-{name}-{at}"[:21] + at})
        for at in "ab"
    ]  # fmt: skip
    absent = replace(made, record_key="absent", payload=made.payload | {"document_number": "M-0"})
    for each in there:
        assert twin.deliver(each, each.record_key[-30:]).result is Result.ACCEPTED
    many, batch = twin.write.read_back.many, [*there, absent]
    held = many.read(batch, twin.send(many.encode(batch, {})))
    assert held == {each.record_key: twin.held(each) for each in batch}
    assert [held[each.record_key] is None for each in batch] == [False, False, True]


@pytest.mark.parametrize("name", ["woocommerce__stock_levels", "amazon__stock_levels", *CONTACTS])
def test_the_twin_counts_the_same_value_written_twice_as_two(sandbox, name):
    twin = Twin(sandbox, name)
    delivery, before = wanted(twin), twin.effects()
    for _ in range(2):
        assert twin.deliver(delivery).result is Result.ACCEPTED
    assert twin.effects() - before == 2


@pytest.mark.parametrize("name", CONTACTS)
def test_what_we_wrote_is_taken_back_and_nothing_else(sandbox, name):
    twin = Twin(sandbox, name)
    delivery = replace(wanted(twin), action=Action.DELETE)
    twin.deliver(replace(delivery, action=Action.UPDATE))
    assert twin.found(delivery) is None
    before = twin.effects()
    assert twin.deliver(delivery).result is Result.ACCEPTED
    assert twin.effects() - before == 1
    assert set(twin.held(delivery).values()) == {None}
    assert twin.found(delivery).result is Result.ACCEPTED


@pytest.mark.parametrize("name", CONTACTS)
def test_what_is_gone_is_not_brought_back_by_taking_back(sandbox, name):
    twin = Twin(sandbox, name)
    delivery = replace(one(name, email="never-there@example.com"), action=Action.DELETE)
    before = twin.effects()
    # The look-up that goes before every deletion settles it.
    assert twin.found(delivery).result is Result.ACCEPTED
    if name.startswith("hubspot"):
        assert twin.deliver(delivery).result is Result.ACCEPTED
    assert twin.effects() == before


def test_a_key_the_twin_has_forgotten_is_no_guard_and_the_look_up_is(sandbox):
    twin = Twin(sandbox, "shopify__stock_levels")
    delivery = wanted(twin)
    assert [twin.deliver(delivery, "old-key").result for _ in range(2)] == [Result.ACCEPTED] * 2
    twin.world.clock.advance(48 * 3600)
    assert twin.found(delivery).result is Result.ACCEPTED
    assert twin.deliver(delivery, "old-key").code == "CHANGE_FROM_QUANTITY_STALE"


def test_thousands_of_customers_are_read_page_by_page(sandbox):
    twin = Twin(sandbox, "quickbooks__deposits")
    reads, names = twin.write.references, {}
    books = twin.world.state("quickbooks")["books"]
    for number in range(2100):
        books.kept["Customer"][f"{number}x"] = {"Id": str(5_000_000 + number), "DisplayName": f"Customer {number}"}
    books.version += 1
    asked, pages = reads.requests["customers"], 0
    while asked is not None:
        answer = twin.send(asked)
        names |= reads.read("customers", answer)
        asked, pages = reads.next("customers", answer), pages + 1
    assert pages >= 3
    assert names["Customer 2099"] == "5002099"
    assert len(names) == len(books.kept["Customer"])


def test_a_contact_that_a_document_made_of_a_name_is_refused_in_words_and_taken_by_its_id(sandbox):
    from sandbox.platforms import xero_people as people

    twin = Twin(sandbox, "xero__contacts")
    books = twin.world.state("xero")["books"]
    made = people.type_in(books, "Contacts", Name="wallet")
    ours = one(twin.name, contact_number="channel:twin:wallet", contact_name="wallet", platform_contact_id=None)
    refused = twin.deliver(ours, "first")
    assert (refused.result, refused.code) == (Result.REJECTED, "duplicate_name")
    # The next plan has read it.
    found = replace(ours, payload={**ours.payload, "platform_contact_id": made["ContactID"]})
    assert twin.deliver(found, "second").result is Result.ACCEPTED
    assert [one["ContactNumber"] for one in books.all("Contacts") if one["Name"] == "wallet"] == ["channel:twin:wallet"]
