"""Each vendor's way of signing, at its edges: by known vectors, by every changed bit, by time and by address."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.intake.signatures import paypal, schemes
from pipelines.intake.webhook import Keys, Request, hmac_sha256, moment, read_json
from sandbox.webhooks import paypal_key
from sandbox.webhooks.control import secret_of
from sandbox.webhooks.notices import Notice
from sandbox.webhooks.signing import signed

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "payloads" / "webhook_signatures"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TWIN = "http://127.0.0.1:9"
BODY = b'{"id": 1, "events": [], "eventNotifications": []}'
SCHEMES = sorted(schemes())
SIGNED = [platform for platform in SCHEMES if platform not in ("shipstation", "cin7")]


def request_of(platform: str, body: bytes = BODY, secret: str | None = None, at: datetime = NOW) -> Request:
    notice = Notice(platform, "orders/create", "e1", "1", body, at)
    url, headers = signed(notice, "http://here/webhooks", secret or secret_of(platform), at, TWIN)
    lower = {name.lower().encode(): value.encode() for name, value in headers.items()}
    return Request(lower, url.partition("?")[2].encode(), body, at, paypal_key.certificate())


def keys_of(platform: str, *secrets: str) -> Keys:
    return Keys(platform, "main", secrets or (secret_of(platform),), f"{TWIN}/{platform}")


def is_genuine(request: Request, platform: str, *secrets: str) -> bool:
    return schemes()[platform].is_genuine(request, keys_of(platform, *secrets))


@pytest.mark.parametrize("name", ["square", "standard_webhooks"])
def test_our_hmac_makes_the_signatures_of_vectors_nobody_here_wrote(name: str) -> None:
    file = VECTORS / f"{name}.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    vector: dict[str, Any] = json.loads(file.read_text())
    body = vector["raw_body"].encode()
    if name == "square":
        made = hmac_sha256(vector["secret"], vector["notification_url"].encode(), body)
        assert base64.b64encode(made).decode() == vector["header_value"]
    else:
        key = base64.b64decode(vector["secret"].removeprefix("whsec_"))
        made = hmac_sha256(key, f"{vector['id']}.{vector['timestamp']}.".encode(), body)
        assert f"v1,{base64.b64encode(made).decode()}" == vector["header_value"]


@pytest.mark.parametrize("platform", SCHEMES)
def test_what_the_vendor_signed_is_genuine(platform: str) -> None:
    assert is_genuine(request_of(platform), platform)
    assert is_genuine(request_of(platform), platform, "another", secret_of(platform))


@pytest.mark.parametrize("platform", SCHEMES)
def test_another_secret_no_secret_and_no_signature_are_not(platform: str) -> None:
    assert not is_genuine(request_of(platform, secret="another"), platform)
    for headers in ({}, dict.fromkeys(request_of(platform).headers, b""), {b"authorization": b"\xff\xfe"}):
        assert not is_genuine(replace(request_of(platform), headers=headers, query=b""), platform)
    assert not schemes()[platform].is_genuine(request_of(platform), Keys(platform, "main", ()))


@pytest.mark.parametrize("platform", SIGNED)
def test_a_body_changed_by_one_bit_is_not(platform: str) -> None:
    request = request_of(platform)
    for place in range(len(BODY)):
        changed = bytearray(BODY)
        changed[place] ^= 1
        assert not is_genuine(replace(request, body=bytes(changed)), platform)
    assert not is_genuine(replace(request, body=BODY[:-1]), platform)


@pytest.mark.parametrize("platform", SIGNED)
def test_a_header_changed_in_one_place_is_not(platform: str) -> None:
    """Every byte of the signature counts; facts beside it may change without it."""
    request = request_of(platform)
    (name,) = [name for name in request.headers if b"sig" in name or b"hmac" in name]
    value = request.headers[name]
    # Stripe's v0 is for tests and never read.
    for place in range(value.find(b"v0") if b"v0" in value else len(value)):
        other = b"w" if value[place : place + 1] != b"w" else b"A"
        changed = {**request.headers, name: value[:place] + other + value[place + 1 :]}
        assert not is_genuine(replace(request, headers=changed), platform) or value[place : place + 1] == b","


@pytest.mark.parametrize(
    ("platform", "early", "late"), [("stripe", 300, 300), ("paypal", 4 * 86_400, 300)], ids=["stripe", "paypal"]
)
def test_a_signed_time_holds_for_its_window_only(platform: str, early: int, late: int) -> None:
    request = request_of(platform)
    for seconds, expected in ((early, True), (early + 1, False), (-late, True), (-late - 1, False)):
        assert is_genuine(replace(request, received_at=NOW + timedelta(seconds=seconds)), platform) is expected


def test_stripe_takes_any_of_several_signatures_and_no_v0() -> None:
    request = request_of("stripe")
    time, good, _ = request.headers[b"stripe-signature"].split(b",")
    for header, expected in (
        (b"%s,v1=%s,%s" % (time, b"0" * 64, good), True),
        (b"%s, %s" % (time, good), True),
        (b"%s,%s" % (time, good.replace(b"v1", b"v0")), False),
        (good, False),
        (b"t=now,%s" % good, False),
        (b"t=%s,%s" % (b"9" * 40, good), False),
    ):
        changed = replace(request, headers={b"stripe-signature": header})
        assert is_genuine(changed, "stripe") is expected, header


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a8b5", True),
        ("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", True),
        (f"{TWIN}/paypal/v1/notifications/certs/CERT-1", True),
        ("http://api.paypal.com/v1/notifications/certs/CERT-1", False),
        ("https://api.paypal.com:8443/v1/notifications/certs/CERT-1", False),
        ("https://api.paypal.com/v1/other", False),
        ("https://api.paypal.com/v1/notifications/certs/../../evil", False),
        ("https://api.paypal.com/v1/notifications/certs/%2e%2e/evil", False),
        ("https://api.paypal.com/v1/notifications/certs/CERT-1?to=evil", False),
        ("https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1", False),
        ("https://evilpaypal.com/v1/notifications/certs/CERT-1", False),
        ("https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1", False),
        ("https://user@api.paypal.com/v1/notifications/certs/CERT-1", False),
        ("http://127.0.0.1:10/paypal/v1/notifications/certs/CERT-1", False),
        ("http://169.254.169.254/v1/notifications/certs/CERT-1", False),
        ("file:///etc/passwd", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_paypals_certificate_is_asked_for_at_paypal_only(address: str, may: bool) -> None:
    request = replace(request_of("paypal"), headers={b"paypal-cert-url": address.encode()})
    assert paypal.key_address(request, keys_of("paypal")) == (address if may else None)


def test_paypals_other_algorithms_broken_and_outdated_certificates_do_not_verify() -> None:
    request = request_of("paypal")
    assert not is_genuine(replace(request, headers={**request.headers, b"paypal-auth-algo": b"none"}), "paypal")
    assert not is_genuine(replace(request, key=b"-----BEGIN CERTIFICATE-----\nnonsense"), "paypal")
    assert not is_genuine(replace(request, key=b""), "paypal")
    later = NOW + timedelta(days=3_650)
    assert not is_genuine(replace(request_of("paypal", at=later), received_at=later), "paypal")


@pytest.mark.parametrize("platform", SCHEMES)
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"[1]", b"1e400", b'"x"', b"{}", b'{"events": 7, "eventNotifications": [7], "id": []}'],
)
def test_facts_of_any_body_are_read_without_an_error(platform: str, body: bytes) -> None:
    assert schemes()[platform].facts(request_of(platform, body)).topic


def test_json_that_can_not_be_read_is_none_and_times_are_utc() -> None:
    assert [read_json(body) for body in (b"{", b"\xff{}", b"[" * 100_000, b"\xef\xbb\xbf{}")] == [None] * 4
    assert moment("2026-11-01T07:00:04-05:00") == datetime(2026, 11, 1, 12, 0, 4, tzinfo=UTC)
    assert moment("2026-11-01T12:00:04.5") == datetime(2026, 11, 1, 12, 0, 4, 500_000, tzinfo=UTC)
    assert moment(1_793_534_404) == datetime(2026, 11, 1, 12, 0, 4, tzinfo=UTC)
    assert [moment(value) for value in (True, None, "soon", 10**30, "0001-01-01T00:00:00+14:00")] == [None] * 5
