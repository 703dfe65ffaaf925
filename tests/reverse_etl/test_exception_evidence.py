"""What makes two troubles one root cause, and what is left out of a row; pure."""

from __future__ import annotations

import pytest

from reverse_etl.exception_evidence import LEFT_OUT, evidence_text, message_text
from reverse_etl.exception_queue import Finding


def refusal(record="r1", **more) -> Finding:
    told = {
        "message": "the quantity is not a number",
        "sync": "shopify__stock_levels",
        "destination": "shopify",
        "record_key": record,
    }
    return Finding(**{"code": "INVALID", "kind": "validation", "delivery_id": f"plan-1/{record}", **told, **more})


@pytest.mark.parametrize(
    ("one_message", "other_message", "same"),
    [
        ("Order 1001 has no fulfilment order", "Order 1002 has no fulfilment order", True),
        ("Email ann@example.com is invalid", "Email bob@example.org is invalid", True),
        ("Account 4000 was not found", "Customer 4000 was not found", False),
        ("HTTP 422", "HTTP 409", True),
    ],
)
def test_messages_group_by_what_they_say_not_by_whom_they_say_it_of(one_message, other_message, same):
    first, second = refusal(message=one_message), refusal("r2", message=other_message)
    assert (first.root_cause == second.root_cause) is same


def test_a_named_cause_groups_whatever_the_messages_say():
    first, second = refusal(message="unknown", cause="sku A"), refusal("r2", message="not there", cause="sku A")
    assert first.root_cause == second.root_cause != refusal(message="unknown").root_cause


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Authorization: Bearer abc123def456 was refused", f"Authorization: Bearer {LEFT_OUT} was refused"),
        ("Basic settings are missing", "Basic settings are missing"),
        ("the token provided is not valid", "the token provided is not valid"),
    ],
)
def test_a_credential_quoted_in_an_answer_is_left_out_and_plain_words_are_not(words: str, kept: str) -> None:
    assert message_text(words) == kept


@pytest.mark.parametrize(
    "name", ["headers", "Authorization", "X-Api-Key", "access_token", "client_secret", "Set-Cookie"]
)
def test_whatever_is_named_like_a_credential_is_left_out(name: str) -> None:
    assert evidence_text({"request": {name: "value", "quantity": 3}}) == (
        f'{{"request":{{"{name}":"{LEFT_OUT}","quantity":3}}}}'
    )


@pytest.mark.parametrize("name", ["quantity", "tracking_number", "idempotency_key", "tokens_left"])
def test_plain_fields_stay(name: str) -> None:
    assert "kept" in evidence_text({name: "kept"})
