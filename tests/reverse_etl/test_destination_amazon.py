"""Amazon as a destination: what a patch looks like to the vendor, whose words count, and tokens in a header of their own."""

from __future__ import annotations

import asyncio

import pybreaker
import pytest

from reverse_etl import destinations
from reverse_etl.client import DestinationClient
from reverse_etl.destination import Answer, Request
from reverse_etl.errors import Kind, StopSync
from reverse_etl.settings import Connection
from tests.reverse_etl.destination_cases import batch, one, outcomes, request, write
from tests.sandbox.swagger_contract import swagger

server = pytest.importorskip("sandbox.server")
SYNC = "amazon__stock_levels"
AMAZON = destinations.load("amazon")
STORES = {"marketplaceIds": "ATVPDKIKX0DER,A2EUQ1WTGCTBG2"}


def test_what_we_send_and_ask_is_what_the_vendor_s_contract_takes():
    judge = swagger("amazon-sp-api/listingsItems_2021-08-01.json")
    sent, asked = request(SYNC), write(SYNC).read_back.encode(batch(SYNC)[0], {})
    for made in (sent, asked):
        assert judge.problems_of_query(made.method, made.path, dict(made.params)) == []
        offered = {item["name"]: item for item in judge.operation(made.method, made.path)["parameters"]}
        assert made.params["includedData"] in offered["includedData"]["schema"]["items"]["enum"]
    assert judge.problems_of_body("PATCH", sent.path, sent.json) == []


def test_a_patch_names_every_store_that_shows_the_quantity_and_addresses_it_once():
    sent = request(SYNC)
    assert (sent.method, sent.path) == ("PATCH", "/listings/2021-08-01/items/{seller_id}/S")
    assert sent.params == STORES | {"includedData": "issues"}
    value = [{"fulfillment_channel_code": "DEFAULT", "quantity": 5}]
    patch = {"op": "replace", "path": "/attributes/fulfillment_availability", "value": value}
    assert sent.json == {"productType": "KITCHEN", "patches": [patch]}


def test_an_error_counts_and_a_warning_before_it_does_not():
    issues = [
        {"code": "18155", "message": "a warning", "severity": "WARNING", "categories": []},
        {"code": "13013", "message": "not in your catalogue", "severity": "ERROR", "categories": []},
    ]
    body = {"sku": "S", "status": "INVALID", "submissionId": "s", "issues": issues}
    (outcome,) = outcomes(SYNC, 1, 200, body).values()
    assert (outcome.result, outcome.kind, outcome.code) == ("rejected", "gone", "13013")
    assert outcome.message == "not in your catalogue"


def test_a_listing_that_amazon_sends_by_now_holds_no_quantity_of_ours():
    body = {"sku": "S", "fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_NA", "quantity": 5}]}
    assert write(SYNC).read_back.read(batch(SYNC)[0], Answer(200, body)) == {"quantity": None}


# --- tokens and addresses, at the twin --------------------------------------------------------------------------------


@pytest.fixture
def sandbox():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


async def answers(sandbox, *requests, before_the_second=lambda: None, **changed):
    """What one client is answered."""
    names = server.AMAZON_CREDENTIALS["amazon"] | changed
    connection = Connection("amazon", f"{sandbox.url}/amazon", names)
    found = []
    async with DestinationClient(AMAZON, connection, pybreaker.CircuitBreaker()) as asking:
        for place, made in enumerate(requests):
            if place == 1:
                before_the_second()
            await asking.turn()
            found.append(await asking.send(made))
    return found


def read(sku):
    return write(SYNC).read_back.encode(one(SYNC, sku=sku), {})


def test_one_token_serves_a_push_and_a_refused_one_is_replaced_by_the_next_request(sandbox):
    tokens = sandbox.world.state("amazon")["tokens"]
    found = asyncio.run(answers(sandbox, *[read("KIT-001")] * 4, before_the_second=tokens.expire))
    assert [answer.status for answer in found] == [200, 403, 200, 200]
    assert len(tokens._ends) == 2


@pytest.mark.parametrize("wrong", ["client_secret", "refresh_token"])
def test_credentials_that_are_refused_stop_the_push_and_stand_in_no_message(sandbox, wrong):
    with pytest.raises(StopSync) as caught:
        asyncio.run(answers(sandbox, read("KIT-001"), **{wrong: "wrong-secret-of-ours"}))
    assert caught.value.kind == Kind.AUTH
    assert "wrong-secret" not in str(caught.value)


@pytest.mark.parametrize("sku", ["A/B 1", "50%", "Größe+2", "{seller_id}"])
def test_a_sku_of_any_letters_reaches_its_own_listing(sandbox, sku):
    listings = sandbox.world.amazon.listings
    listings[sku] = listings["KIT-001"]
    asked = write(SYNC).encode([one(SYNC, sku=sku)], "", {})
    (patched,) = asyncio.run(answers(sandbox, asked))
    assert (patched.body["sku"], patched.body["status"]) == (sku, "ACCEPTED")


def test_tokens_come_from_amazon_s_own_host_and_else_from_where_the_seller_is():
    assert AMAZON.grant.url("https://sellingpartnerapi-eu.amazon.com") == "https://api.amazon.com/auth/o2/token"
    assert AMAZON.grant.url("http://127.0.0.1:1/amazon") == "http://127.0.0.1:1/amazon/auth/o2/token"


def test_the_vendor_s_words_are_kept_without_the_token_they_quote(sandbox):
    (denied,) = asyncio.run(answers(sandbox, Request("GET", "/listings/2021-08-01/items/SOMEBODY/X", STORES)))
    assert denied.status == 403
    with pytest.raises(StopSync):
        write(SYNC).decode(batch(SYNC), denied)
