"""What a failed request is called: sent for certain not, or perhaps; and that it is sent once, over connections that are kept."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from reverse_etl.errors import InDoubt, RetryLater
from reverse_etl.transport import Transport

WELL = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Request-Id: r1\r\n\r\n{}"
CUT = b""


class Server:
    """Says `answers` in turn to what it is asked, then the last of them again; an answer that is no whole one ends the line."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers, self.heads, self.lines = list(answers), list[bytes](), 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                said = self.answers[min(len(self.heads), len(self.answers)) - 1]
                if said is None:
                    # Silent: until the other side has had enough.
                    await reader.read()
                    break
                writer.write(said)
                await writer.drain()
                if not said.endswith((b"\r\n\r\n", b"{}")):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def exchange(
    server: Server,
    work: Callable[[Transport, str], Awaitable[object]],
    encryption: ssl.SSLContext | None = None,
) -> object:
    """What `work` returns, given a transport and the server's address."""

    async def run() -> object:
        listening = await asyncio.start_server(server.talk, "localhost", 0, ssl=encryption)
        scheme = "https" if encryption is not None else "http"
        url = f"{scheme}://localhost:{listening.sockets[0].getsockname()[1]}"
        async with listening, Transport(url, {"Authorization": "Bearer x"}, read_seconds=0.3) as transport:
            return await work(transport, url)

    return asyncio.run(run())


def once(method: str = "POST", content: bytes | None = None) -> Callable[[Transport, str], Awaitable[object]]:
    return lambda transport, url: transport.request(method, f"{url}/records", content, {})


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_an_answer_that_was_cut_is_a_doubt_and_the_request_left_once(method):
    # The second goes over the kept connection: there some clients send again by themselves.
    server = Server(WELL, CUT)

    async def twice(transport: Transport, url: str) -> None:
        await transport.request(method, url, None, {})
        with pytest.raises(InDoubt):
            await transport.request(method, url, None, {})

    exchange(server, twice)
    assert (len(server.heads), server.lines) == (2, 1)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(None, id="nothing comes"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", id="half of it comes"),
        pytest.param(b"SSH-2.0-x", id="it is no HTTP"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-encoding: gzip\r\n\r\n{}", id="it can not be unpacked"
        ),
    ],
)
def test_whatever_happens_after_a_request_left_is_a_doubt(said):
    server = Server(said)
    with pytest.raises(InDoubt):
        exchange(server, once(content=b"{}"))
    assert len(server.heads) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "ftp://127.0.0.1/"])
def test_a_request_that_found_nobody_was_not_sent(url):
    async def run() -> None:
        async with Transport(url, {}) as transport:
            await transport.request("POST", url, b"{}", {})

    with pytest.raises(RetryLater):
        asyncio.run(run())


def test_a_server_that_closes_its_connections_is_asked_over_new_ones():
    server = Server(WELL)

    async def two(transport: Transport, url: str) -> list[int]:
        return [(await transport.request("POST", url, b"", {})).status for _ in range(2)]

    assert exchange(server, two) == [200, 200]
    assert server.lines == 1
    server = Server(WELL.replace(b"X-Request-Id: r1", b"Connection: close"))
    assert exchange(server, two) == [200, 200]
    assert server.lines == 2


def test_a_redirect_is_an_answer_and_a_header_that_is_no_text_is_left_out():
    said = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nX-Name: caf\xe9\r\ncontent-length: 0\r\n\r\n"
    reply = exchange(server := Server(said), once())
    assert (reply.status, reply.headers, reply.body) == (302, {"location": "/x", "content-length": "0"}, b"")
    # A POST without a body says that none comes.
    assert b"\r\nContent-Length: 0\r\n" in server.heads[0]
    assert b"\r\nAuthorization: Bearer x\r\n" in server.heads[0]


def test_a_certificate_counts_where_its_authority_is_trusted(tmp_path, monkeypatch):
    authority, context = _encryption(tmp_path)
    with pytest.raises(RetryLater):
        exchange(Server(WELL), once(), context)
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    assert exchange(Server(WELL), once(), context).status == 200


def _encryption(folder) -> tuple[str, ssl.SSLContext]:
    """An authority's certificate, and a server's that it signed."""
    now, above, key = (
        datetime.now(UTC),
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )

    def certificate(name: str, of: ec.EllipticCurvePrivateKey, is_authority: bool) -> bytes:
        def called(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        made = x509.CertificateBuilder().subject_name(called(name)).issuer_name(called("authority"))
        made = made.public_key(of.public_key()).serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return made.sign(above, hashes.SHA256()).public_bytes(Encoding.PEM)

    (folder / "authority.pem").write_bytes(certificate("authority", above, True))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "own.pem").write_bytes(secret + certificate("localhost", key, False))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return str(folder / "authority.pem"), context
