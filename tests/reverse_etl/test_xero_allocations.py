"""Credit notes set against invoices in Xero: what the credit note says decides whether anything is sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reverse_etl.destination import UPSTREAM, Answer, Result
from reverse_etl.errors import Kind, RejectedRecord
from tests.reverse_etl.destination_cases import KEY, one, outcomes, write

NAME = "xero__allocations"


def note(*made: tuple[str, str], left: str, **changed: object) -> Answer:
    """Our credit note, of which these amounts stand against these invoices."""
    rows = [
        {"AllocationID": f"a-{nth}", "Amount": Decimal(amount), "Invoice": {"InvoiceNumber": invoice}, "Date": "/Date(1791158400000+0000)/"}
        for nth, (invoice, amount) in enumerate(made)
    ]  # fmt: skip
    known = {"CreditNoteID": "9", "CreditNoteNumber": "#1042", "Reference": "je:note", "Status": "AUTHORISED"}
    return Answer(200, {"CreditNotes": [known | {"Allocations": rows, "RemainingCredit": Decimal(left)} | changed]})


CASES = {
    "nothing stands anywhere and enough is left": (note(left="96.80"), None),
    "some stands against another invoice and enough is left": (note(("#1", "3.20"), left="96.80"), None),
    "it stands there, whoever set it": (note(("#1042", "96.80"), left="0.00"), "accepted"),
    "it stands there in two parts": (note(("#1042", "90.00"), ("#1042", "6.80"), left="0.00"), "accepted"),
    "another amount stands there": (note(("#1042", "90.00"), left="6.80"), "allocated_otherwise"),
    "too little is left": (note(("#1", "50.00"), left="46.80"), "credit_used"),
    "the credit note was voided": (note(left="96.80", Status="VOIDED"), "missing_document"),
    "the number is that of somebody else's credit note": (note(left="96.80", Reference="typed"), "missing_document"),
    "it was taken off again": (Answer(200, {"CreditNotes": [note(("#1042", "96.80"), left="96.80").body["CreditNotes"][0] | {
        "Allocations": [{"AllocationID": "a", "IsDeleted": True, "Amount": Decimal("96.80"), "Invoice": {"InvoiceNumber": "#1042"}}]}]}), None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_sent_depends_on_what_the_credit_note_says(case: str) -> None:
    answer, expected = CASES[case]
    found = write(NAME).look_up.found(one(NAME), answer)
    said = None if found is None else "accepted" if found.result is Result.ACCEPTED else found.code
    assert said == expected


def test_the_credit_note_is_the_one_just_made_where_the_books_were_not_read_since() -> None:
    delivery = one(NAME, credit_note_id=None)
    sent = write(NAME).encode([delivery], KEY, {UPSTREAM: {"je:note": "abc"}})
    assert sent.path.endswith("/CreditNotes/abc/Allocations")
    with pytest.raises(RejectedRecord) as caught:
        write(NAME).encode([delivery], KEY, {})
    assert (caught.value.code, caught.value.kind) == ("missing_document", Kind.GONE)


def test_more_than_is_left_or_due_is_refused_in_their_words() -> None:
    said = "The amount allocated exceeds what is left of the credit, or what is due on the invoice"
    row = {"Amount": 96.8, "StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": said}]}
    (told,) = outcomes(NAME, 1, 200, {"Allocations": [row]}).values()
    assert (told.result, told.code, told.kind) == ("rejected", "overpaid", Kind.CONFLICT)


def test_an_answer_without_an_id_is_a_doubt_that_the_credit_note_settles() -> None:
    (told,) = outcomes(NAME, 1, 200, {"Allocations": [{"Amount": 96.8, "Invoice": {"InvoiceID": "i"}}]}).values()
    assert told.result == "in_doubt"
