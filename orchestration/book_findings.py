"""Edits in the books that reading documents back can not see, into the operator's queue; what was corrected there, ends.

A read-back compares day and total (`drift`). The marts see the accounts and the copies of what we wrote as well, so these
two alone come from here: an edit is one case, not two.
"""

from __future__ import annotations

from datetime import datetime

from orchestration import warehouse
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger import Ledger
from reverse_etl.money import spoken

TABLE = "marts.fct_book_edits"
# The queue groups by destination; these troubles are of the books, whichever vendor keeps them.
BOOKS = "books"
EDITED = "edited_in_books"
# What happened, by reason code; the others change day, total or existence, which a read-back finds.
_SAID = {"BKS-02": "stands in the books twice", "BKS-04": "is booked on other accounts than we booked it on"}


def report(published: warehouse.Publication, ledger: Ledger, now: datetime) -> int:
    """Open a case per copy and per changed account of fct_book_edits, end those without one; how many there are."""
    if TABLE not in published.tables:
        return 0
    with warehouse.reading() as connection:
        rows = connection.execute(
            f"""select document_id, document_key, document_type, document_number, currency_code, amount_minor, reason_code
                from {TABLE} where reason_code in (select unnest($1)) order by document_id""",
            [list(_SAID)],
        ).fetchall()
    findings = [
        Finding(
            code=EDITED,
            kind="conflict",
            message=f"The {kind.replace('_', ' ')} {number or key} {_SAID[reason]}: {spoken(amount_minor, currency)}",
            destination=BOOKS,
            # With what was moved: an edit that was accepted must not hide the next one of the same document.
            record_key=f"{document_id} {reason} {amount_minor}",
            money_minor=amount_minor,
            currency_code=currency,
            evidence={"document": key, "reason": reason, "snapshot": published.version},
            cause=f"{reason} {key}",
        )
        for document_id, key, kind, number, currency, amount_minor, reason in rows
    ]
    ledger.stand(BOOKS, (EDITED,), findings, "the books agree with what was written again", now)
    return len(findings)
