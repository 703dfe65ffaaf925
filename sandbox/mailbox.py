"""A mail server with one mailbox, over real SMTP: login, recipients, content; every message it took is an effect.

What it does wrong on request stands in `trouble`, once per message: `refuse_login`, `refuse_recipient`, `full` (a reply
4xx to the content), `refuse_content` (5xx), `silent_after` (taken, and the line goes dead) and `dead_before` (the line
goes dead before anything is taken). Natural key of an effect: the message's own `Message-ID`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    from sandbox.world import World

# The server tells its log of each login that it is an old one of its own making.
logging.getLogger("mail.log").setLevel(logging.ERROR)

USERNAME = "sandbox-mail"
PASSWORD = "sandbox-mail-password"  # noqa: S105 - accepted by this mailbox and opens nothing else
SENDER = "cartwheel@shop.example"
RECIPIENTS = "stock@shop.example, buyer@shop.example"


@dataclass
class Mailbox:
    """The server in a thread of its own: `start`, `stop`, and what arrived in `messages`."""

    world: World
    messages: list[EmailMessage] = field(default_factory=list)
    trouble: deque[str] = field(default_factory=deque)
    # With it nothing but STARTTLS is answered before the line is encrypted.
    encryption: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="mailbox", daemon=True)

    def start(self) -> None:
        # From here on a connection waits for the thread instead of being refused.
        self._socket.listen()
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._socket.close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        server = self._loop.run_until_complete(self._loop.create_server(self._protocol, sock=self._socket))
        self._loop.run_forever()
        server.close()
        self._loop.close()

    def _protocol(self) -> SMTP:
        # Without encryption for this machine only: there is nobody to hide a password from.
        return SMTP(
            self,
            authenticator=_known,
            auth_require_tls=self.encryption is not None,
            tls_context=self.encryption,
            require_starttls=self.encryption is not None,
            loop=self._loop,
        )

    @property
    def lines(self) -> list[str]:
        """Every line of every message, oldest first."""
        return [line for message in self.messages for line in message.get_content().splitlines() if line]

    def _met(self, *names: str) -> str | None:
        return self.trouble.popleft() if self.trouble and self.trouble[0] in names else None

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self._met("refuse_login"):
            return "535 5.7.8 Authentication credentials invalid"
        if self._met("dead_before"):
            _hang_up(server)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos and self._met("refuse_recipient"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._met("full"):
            return "452 4.2.2 mailbox full"
        if self._met("refuse_content"):
            return "554 5.6.0 not wanted"
        content = cast(bytes, envelope.content)
        message = message_from_bytes(content, policy=default)
        self.messages.append(message)
        self.world.effects.record("email", "message_received", str(message["Message-ID"]))
        if self._met("silent_after"):
            _hang_up(server)
        return "250 OK"


def _hang_up(server: SMTP) -> None:
    cast(asyncio.Transport, server.transport).abort()


def _known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    wanted = LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=data == wanted, handled=False)
