"""Refusals in the vendor's terms, and the cent: what every rule of the books needs."""

from __future__ import annotations

from decimal import Decimal


class Fault(Exception):
    """A refusal in the vendor's terms."""

    def __init__(self, code: str, message: str, detail: str, element: str = "", status: int = 400) -> None:
        super().__init__(detail)
        self.code, self.message, self.detail, self.element, self.status = code, message, detail, element, status


def missing(field: str) -> Fault:
    return Fault("2020", "Required param missing, need to supply the required value for the API",
                 f"Required parameter {field} is missing in the request", field)  # fmt: skip


def inactive(field: str) -> Fault:
    return Fault("610", "Object Not Found", "Object Not Found : Something you're trying to use has been made inactive. "
                 "Check the fields with accounts, customers, items, vendors or employees.", field)  # fmt: skip


def against_the_rules(sentence: str) -> Fault:
    return Fault("6000", "A business validation error has occurred while processing your request",
                 f"Business Validation Error: {sentence}")  # fmt: skip


def closed() -> Fault:
    return Fault("6210", "Account Period Closed, Cannot Update Through Services API",
                 "The account period has closed and the account books cannot be updated through through the QBO Services "
                 "API. Please use the QBO website to make these changes.")  # fmt: skip


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))
