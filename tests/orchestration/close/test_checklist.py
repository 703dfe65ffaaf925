"""How the lines of a close are judged and accepted: the rules alone, no store and no warehouse."""

from __future__ import annotations

import pytest

from orchestration.close.checklist import Check, Found, Verdict, judged, signed
from orchestration.close.month import CloseRefused


def check(code: str, *, blocks: bool = True, acceptable: bool = True) -> Check:
    return Check(code, 4, "atoms and codes", "a claim", "fct_differences", blocks, acceptable, "explain it")


UNEXPLAINED = Found("UNX-00", 9, 2, "2 of 9 differences", 1_250, "USD")
CASES = [
    # (blocks, what was found, verdict, stops the close)
    (True, UNEXPLAINED, Verdict.FAILS, True),
    (False, UNEXPLAINED, Verdict.WARNS, False),
    (True, Found("UNX-00", 9, 0, "9 differences looked at"), Verdict.HOLDS, False),
    (True, Found("UNX-00", 0, 0, "nothing of this kind"), Verdict.NOT_APPLICABLE, False),
    (True, None, Verdict.NOT_BUILT, True),
    (False, None, Verdict.NOT_BUILT, False),
]


@pytest.mark.parametrize(("blocks", "found", "verdict", "stops"), CASES)
def test_a_finding_stops_the_close_only_where_its_check_blocks(
    blocks: bool, found: Found | None, verdict: Verdict, stops: bool
) -> None:
    (line,) = judged([check("UNX-00", blocks=blocks)], {"UNX-00": [found]} if found else {})
    assert (line.verdict, line.stops) == (verdict, stops)


def test_a_check_that_nobody_made_is_a_line_of_its_own_and_says_so() -> None:
    (line,) = judged([check("I-14")], {})
    assert line.told == "fct_differences is not built in this warehouse"
    assert line.acceptance == "--accept I-14"


def test_what_is_accepted_is_signed_with_its_amount_and_stops_no_more() -> None:
    lines = judged([check("UNX-00")], {"UNX-00": [UNEXPLAINED]})
    marked, (signature,) = signed(lines, ["UNX-00=12.50USD"], "Ann", "known since May")
    assert (marked[0].verdict, marked[0].stops) == (Verdict.ACCEPTED, False)
    assert (signature.code, signature.amount_minor, signature.currency_code) == ("UNX-00", 1_250, "USD")
    assert (signature.contradictions, signature.accepted_by, signature.because) == (2, "Ann", "known since May")


REFUSED = [
    ("UNX-00", "say the amount you accept; it is 12.50 USD now: --accept UNX-00=12.50USD"),
    ("UNX-00=12.00USD", "12.00 is not the amount; it is 12.50 USD now"),
    ("UNX-00=12.50EUR", "nothing with this code stops the close; what does: I-20, UNX-00"),
    ("TAX-04", "nothing with this code stops the close; what does: I-20, UNX-00"),
    ("I-20", "nobody may accept this; explain it"),
    ("=", "is not a code such as UNX-00=12.50USD"),
]


@pytest.mark.parametrize(("asked", "words"), REFUSED)
def test_nobody_accepts_more_than_was_seen(asked: str, words: str) -> None:
    found = {"UNX-00": [UNEXPLAINED], "I-20": [Found("I-20", 4, 1, "1 of 4 bridges")]}
    lines = judged([check("UNX-00"), check("I-20", acceptable=False)], found)
    with pytest.raises(CloseRefused) as refused:
        signed(lines, [asked], "Ann", "because")
    assert words in str(refused.value)


def test_one_code_in_two_currencies_is_accepted_one_by_one() -> None:
    found = {"UNX-00": [UNEXPLAINED, Found("UNX-00", 3, 1, "1 of 3 differences", 300, "JPY")]}
    lines = judged([check("UNX-00")], found)
    marked, signatures = signed(lines, ["UNX-00=300JPY"], "Ann", "because")
    assert [line.stops for line in marked] == [True, False]
    assert [signature.currency_code for signature in signatures] == ["JPY"]
