"""Messages by mail: the mailbox's own count is the evidence that nobody reads one crossing twice, and none is lost in silence."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from reverse_etl import ownership
from reverse_etl.errors import StopSync
from tests.proof import activation_tables, shop_rows
from tests.reverse_etl.conftest import Turn
from tests.reverse_etl.destination_cases import KEY, one, results, write
from tests.reverse_etl.sudden_death import DEATHS, die_at

server = pytest.importorskip("sandbox.server")
from sandbox.mailbox import Mailbox  # noqa: E402

ALERTS = "email__low_stock_alerts"


@pytest.fixture(scope="module")
def running():
    with server.Sandbox(port=0, seed=7, orders=60) as started:
        yield started


@pytest.fixture
def mailbox(running):
    """Nothing in it, and nothing wrong with it."""
    running.mailbox.messages.clear()
    running.mailbox.trouble.clear()
    return running.mailbox


@pytest.fixture
def turn(running, tmp_path):
    made = Turn(None, tmp_path)
    for name, value in running.email_settings.items():
        made.settings.values[name.lower().replace("__", ".")] = value
    made.settings.values["destinations.email.requests_per_second"] = "500"
    yield made
    made.ledger.close()


def alerts(turn, *rows):
    activation_tables.fill(turn.warehouse, ALERTS, rows)
    return turn.plan(ALERTS)


def test_one_crossing_is_one_line_in_the_mailbox_however_often_it_is_planned_and_pushed(mailbox, turn):
    assert turn.push(alerts(turn, shop_rows.alert("CUP", left=3), shop_rows.alert("POT", left=0))).accepted == 2
    (message,) = mailbox.messages
    assert message["Subject"] == "Stock: 2 SKUs are low or back"
    assert (message["From"], message["To"]) == (server.SENDER, server.RECIPIENTS)
    assert mailbox.lines == ["Low stock: CUP, 3 left to sell", "Low stock: POT, 0 left to sell"]
    for rows in ([shop_rows.alert("CUP", left=1), shop_rows.alert("POT", left=0)], [shop_rows.alert("POT", left=0)]):
        assert alerts(turn, *rows).deliveries == ()
    for status, left in (("recovered", 40), ("low", 2)):
        again = alerts(turn, shop_rows.alert("CUP", status, left), shop_rows.alert("POT", left=0))
        assert turn.push(again).accepted == 1
    assert mailbox.lines[2:] == ["Back in stock: CUP, 40 to sell again", "Low stock: CUP, 2 left to sell"]
    assert mailbox.messages[-1]["Subject"] == "Low stock: CUP, 2 left to sell"


def test_slack_and_mail_remember_each_for_itself_what_they_said(mailbox, turn, running):
    turn.settings.values["destinations.slack.base_url"] = running.base_urls["slack"]
    turn.settings.values["destinations.slack.webhook_token"] = server.CREDENTIALS["slack"]["webhook_token"]
    activation_tables.fill(turn.warehouse, "slack__low_stock_alerts", [shop_rows.alert("CUP")])
    assert turn.push(turn.plan("slack__low_stock_alerts")).accepted == 1
    assert turn.push(alerts(turn, shop_rows.alert("CUP"))).accepted == 1
    assert len(mailbox.messages) == 1


# What of the two lines reaches the mailbox, how each delivery ends, and the rows for a person.
TROUBLES = [
    ("dead_before", 2, (2, 0), []), ("full", 2, (2, 0), []), ("silent_after", 2, (2, 0), ["perhaps_unsent"] * 2),
]  # fmt: skip


@pytest.mark.parametrize(("trouble", "arrived", "ended", "rows"), TROUBLES)
def test_no_line_comes_twice_and_none_is_lost_without_a_row(mailbox, turn, trouble, arrived, ended, rows):
    plan = alerts(turn, shop_rows.alert("CUP"), shop_rows.alert("POT"))
    mailbox.trouble.append(trouble)
    result = turn.push(plan)
    assert (result.accepted, result.rejected) == ended
    assert len(mailbox.lines) == arrived
    assert turn.open_codes() == rows
    assert turn.push(turn.plan(ALERTS)).calls == 0


def test_content_that_is_refused_alone_is_a_row_about_its_record_and_keeps_nobody_else_waiting(mailbox, turn):
    # The two together, then the first of them by itself.
    mailbox.trouble.extend(["refuse_content", "refuse_content"])
    result = turn.push(alerts(turn, shop_rows.alert("CUP"), shop_rows.alert("POT")))
    assert (result.accepted, result.rejected) == (1, 1)
    assert mailbox.lines == ["Low stock: POT, 3 left to sell"]
    assert turn.open_codes() == ["http_554"]


@pytest.mark.parametrize(("trouble", "code"), [("refuse_login", "http_535"), ("refuse_recipient", "http_550")])
def test_a_login_or_mailbox_that_is_wrong_stops_all_and_nobody_got_half(mailbox, turn, trouble, code):
    mailbox.trouble.append(trouble)
    assert turn.push(alerts(turn, shop_rows.alert("CUP"))).stopped_code == code
    assert mailbox.messages == []
    assert turn.push(turn.plan(ALERTS)).accepted == 1


def test_a_wrong_password_is_named_and_stands_nowhere(mailbox, turn, tmp_path):
    turn.settings.values["destinations.email.password"] = "not-the-password-4711"
    assert turn.push(alerts(turn, shop_rows.alert("CUP"))).stopped_code == "http_535"
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert ALERTS.encode() in left
    assert b"not-the-password-4711" not in left


def test_a_server_that_is_not_there_is_tried_again(turn, mailbox):
    where = turn.settings.values["destinations.email.base_url"]
    turn.settings.values["destinations.email.base_url"] = "smtp://127.0.0.1:9"
    waiting = turn.push(alerts(turn, shop_rows.alert("CUP")))
    assert (waiting.accepted, waiting.waiting) == (0, 1)
    turn.settings.values["destinations.email.base_url"] = where
    turn.at = turn.at.replace(hour=23)
    assert turn.push(turn.plan(ALERTS)).accepted == 1
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize(("label", "arrived"), [("written_ahead", 0), ("answered", 1)])
def test_a_worker_that_dies_around_the_message_leaves_at_most_one_and_a_row(mailbox, turn, label, arrived):
    plan = alerts(turn, shop_rows.alert("CUP"))
    with pytest.raises(DEATHS):
        turn.push(plan, step=die_at(label))
    assert turn.push(plan).accepted == 1
    assert len(mailbox.messages) == arrived
    assert turn.open_codes() == ["perhaps_unsent"]


def test_a_title_can_neither_end_the_message_nor_add_a_header(mailbox, turn):
    title = "CUP\r\n.\r\nBcc: all@shop.example Grüße"
    assert turn.push(alerts(turn, shop_rows.alert("CUP") | {"message": f".{title}"})).accepted == 1
    (message,) = mailbox.messages
    assert message["Bcc"] is None
    assert mailbox.lines == [".CUP . Bcc: all@shop.example Grüße"]
    assert message["Subject"] == mailbox.lines[0]


def test_a_flood_of_crossings_waits_for_a_person(mailbox, turn):
    with pytest.raises(StopSync) as caught:
        turn.push(alerts(turn, *(shop_rows.alert(f"SKU-{at:03d}") for at in range(101))))
    assert caught.value.code == "over_limits"
    assert mailbox.messages == []


# 4xx: later, nothing was taken; 5xx: no.
REPLIES = [
    (250, "accepted"), (421, "not_applied"), (450, "not_applied"), (452, "not_applied"), (454, "not_applied"),
    (521, "not_applied"), (535, "not_applied"), (550, "not_applied"), (552, "rejected"), (554, "rejected"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "meaning"), REPLIES)
def test_every_reply_has_one_meaning(reply, meaning):
    assert results(ALERTS, 1, reply, "said") == [meaning]


def test_a_request_carries_only_what_is_ours():
    request = write(ALERTS).encode([one(ALERTS)], KEY, {})
    ownership.check(write(ALERTS), request)
    assert write(ALERTS).owns == ownership.paths(request.json)


@pytest.fixture
def encrypted(running, tmp_path):
    """A mailbox that talks to nobody in the clear, and the file of its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mailbox")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    hosts = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = made.add_extension(hosts, critical=False).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own, public = tmp_path / "own.pem", tmp_path / "public.pem"
    public.write_bytes(signed.public_bytes(Encoding.PEM))
    own.write_bytes(secret + public.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    box = Mailbox(running.world, encryption=context)
    box.start()
    yield box, public
    box.stop()


def test_where_the_server_encrypts_the_line_is_encrypted_before_the_password(encrypted, turn, monkeypatch):
    box, certificate = encrypted
    turn.settings.values["destinations.email.base_url"] = box.url
    # Somebody else's server, as far as anybody can tell: no login, no message, and tried again later.
    assert turn.push(alerts(turn, shop_rows.alert("CUP"))).waiting == 1
    assert box.messages == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    turn.at = turn.at.replace(hour=23)
    assert turn.push(turn.plan(ALERTS)).accepted == 1
    assert box.lines == ["Low stock: CUP, 3 left to sell"]
