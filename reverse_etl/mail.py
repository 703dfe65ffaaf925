"""One message to a mail server over SMTP, its reply as a code and words: what client.py does where the address is smtp.

`smtp://host:port` is encrypted by STARTTLS before the password goes out, and must be unless the host is this machine or a private network;
`smtps://host:port` is encrypted from the start. A message goes to all its recipients or to none: the first reply that
refuses one ends the exchange before the content is sent. Only the silence after the content is a doubt; a server that
answers 4xx or 5xx to it has not taken the message (RFC 5321, 4.2.5).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from urllib.parse import urlsplit

import httpx

from reverse_etl.destination import Request
from reverse_etl.errors import ConfigurationError, InDoubt, Kind, RetryLater
from reverse_etl.settings import Connection, is_for_trying

SCHEMES = ("smtp", "smtps")
_PORTS = {"smtp": 587, "smtps": 465}
# Codes of a server that waits for the content; everything else there is a refusal.
_GO_ON = 354
_LINE_OF_A_DOT = re.compile(rb"(?m)^\.")

Reply = tuple[int, bytes]


def is_mail(base_url: str) -> bool:
    return urlsplit(base_url).scheme in SCHEMES


def exchange(connection: Connection, request: Request, seconds: float) -> Reply:
    """The server's last reply to one message: 250 when it took it. Blocks; call it in a thread.

    Raises RetryLater when the server was not reached or went away before the content, InDoubt when it was silent after it.
    """
    address = urlsplit(connection.base_url)
    host, port = address.hostname or "", address.port or _PORTS[address.scheme]
    content = _content(connection.credentials, request)
    try:
        server = _opened(address.scheme, host, port, seconds)
        try:
            return _refusal(server, connection.credentials) or _handed_over(server, content)
        finally:
            # Whatever a farewell meets, the reply that counts has been read.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        return error.smtp_code, said if isinstance(said, bytes) else said.encode()
    except smtplib.SMTPNotSupportedError:
        raise ConfigurationError(f"the mail server at {host} knows no login", code="bad_setting") from None
    except (smtplib.SMTPException, OSError) as error:
        raise RetryLater(f"not reachable ({type(error).__name__})", kind=Kind.TRANSIENT, code="unreachable") from None


def _opened(scheme: str, host: str, port: int, seconds: float) -> smtplib.SMTP:
    """A connection that is encrypted, or goes to a host where nobody else listens."""
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=seconds, context=_trusted())
    server = smtplib.SMTP(host, port, timeout=seconds)
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        server.starttls(context=_trusted())
    elif not is_for_trying(host):
        server.close()
        raise ConfigurationError(f"the mail server at {host} offers no encryption: use smtps://", code="bad_setting")
    return server


def _trusted() -> ssl.SSLContext:
    """The certificates that every other connection trusts too, SSL_CERT_FILE included."""
    return httpx.create_ssl_context()


def _refusal(server: smtplib.SMTP, credentials: Mapping[str, str]) -> Reply | None:
    """Log in and name sender and recipients; the first reply that is no yes."""
    server.login(credentials["username"], credentials["password"])
    asked: list[tuple[Callable[[str], Reply], str]] = [(server.mail, credentials["sender"])]
    asked += [(server.rcpt, recipient) for recipient in recipients(credentials)]
    for ask, address in asked:
        reply = ask(address)
        if reply[0] not in (250, 251):
            return reply
    return None


def _handed_over(server: smtplib.SMTP, content: bytes) -> Reply:
    said = server.docmd("DATA")
    if said[0] != _GO_ON:
        return said
    try:
        server.send(_LINE_OF_A_DOT.sub(b"..", content) + b".\r\n")
        return server.getreply()
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise InDoubt(f"no answer ({type(error).__name__})", kind=Kind.TRANSIENT, code="no_answer") from None


def recipients(credentials: Mapping[str, str]) -> list[str]:
    """Everybody the setting names, separated by commas."""
    return [name.strip() for name in credentials["recipients"].split(",") if name.strip()]


def _content(credentials: Mapping[str, str], request: Request) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = credentials["sender"]
    message["To"] = ", ".join(recipients(credentials))
    message["Subject"] = request.json["subject"]
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = f"<{request.json['message_id']}@{credentials['sender'].rpartition('@')[2]}>"
    # Nobody's absence note should come back to this mailbox.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(request.json["text"], cte="quoted-printable")
    return message.as_bytes()
