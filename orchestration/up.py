"""`cartwheel up` and `cartwheel sandbox`: the local world and the Dagster UI, started, reached and stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from orchestration import environment
from orchestration.screen import screen
from orchestration.stopping import asked_to_stop
from orchestration.verbs import Refused

if TYPE_CHECKING:
    from sandbox.server import Sandbox


def run(port: int, sandbox_port: int, webhook_port: int, orders: int, seed: int) -> None:
    """Starts the sandbox, loads its world through Dagster's own assets, then serves webhooks and the UI until Ctrl-C."""
    environment.prepare()
    from sandbox.server import CREDENTIALS, Sandbox

    refuse_taken(port, "the Dagster UI", "--port")
    refuse_taken(sandbox_port, "the sandbox", "--sandbox-port")
    refuse_taken(webhook_port, "webhooks", "--webhook-port")
    with Sandbox(port=sandbox_port, seed=seed, orders=orders) as world:
        environment.born(environment.SandboxAddress(world.url, world.base_urls, CREDENTIALS, world.further_settings))
        try:
            from orchestration.demo import load_world

            load_world()
            with _webhooks(world, webhook_port):
                _serve(port, webhook_port)
        finally:
            environment.gone()


@contextmanager
def _webhooks(world: Sandbox, port: int) -> Iterator[None]:
    """`cartwheel serve` beside it, with every twin subscribed."""
    from orchestration.serve import supervisor
    from sandbox.webhooks.control import subscribe

    stopping = threading.Event()
    serving = threading.Thread(target=supervisor("127.0.0.1", port).run, args=(stopping,), name="serve")
    serving.start()
    subscribe(world.world, f"http://127.0.0.1:{port}/webhooks")
    try:
        yield
    finally:
        stopping.set()
        serving.join()


def _serve(port: int, webhook_port: int) -> None:
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-w", str(environment.ROOT / "workspace.yaml")]
    child = subprocess.Popen(  # noqa: S603 - our own executable, arguments as a list
        [*command, "-h", "127.0.0.1", "-p", str(port)], cwd=environment.ROOT, start_new_session=True
    )
    screen.print(f"\nDagster UI: http://127.0.0.1:{port} · a new order: cartwheel sandbox order · stop: Ctrl-C")
    screen.print(f"Webhooks and the fast lane, as by cartwheel serve: http://127.0.0.1:{webhook_port}\n")
    stopping = asked_to_stop()
    while child.poll() is None and not stopping.wait(0.5):
        pass
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
    screen.print("Stopped.")


def refuse_taken(port: int, what: str, option: str) -> None:
    """Raises Refused, naming the option, when something listens on this port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Refused(f"Port {port} for {what} is taken; choose another with {option}.") from None


def run_sandbox(port: int, orders: int, seed: int) -> None:
    """Only the sandbox, in the foreground, until Ctrl-C."""
    environment.prepare()
    from sandbox.server import CREDENTIALS, Sandbox

    refuse_taken(port, "the sandbox", "--port")
    with Sandbox(port=port, seed=seed, orders=orders) as world:
        environment.born(environment.SandboxAddress(world.url, world.base_urls, CREDENTIALS, world.further_settings))
        try:
            for platform, base_url in world.base_urls.items():
                screen.print(f"{platform:<12} {base_url}")
            screen.print("Stop with Ctrl-C.")
            asked_to_stop().wait()
        finally:
            environment.gone()


def place_order(channel: str, sku: str | None, quantity: int, email: str | None, **business: str | None) -> str:
    """Places an order in the running sandbox, paid or on a company's terms; the sentence for the operator."""
    body = {"channel": channel, "sku": sku, "quantity": quantity, "email": email, **business}
    answer = _control("POST", "/_control/orders", {key: value for key, value in body.items() if value is not None})
    said = f"{answer['channel']} order {answer['order_number']}: {answer['quantity']} × {answer['sku']} placed"
    company = business.get("company")
    return f"{said} by {company}, {answer['total_minor']} minor units on terms" if company else f"{said} and paid"


def receive_at_bank(amount_minor: int, reference: str) -> str:
    """Lets money arrive at the bank of the running sandbox; the sentence for the operator."""
    answer = _control("POST", "/_control/bank_lines", {"amount_minor": amount_minor, "reference": reference})
    return f"bank line {answer['bank_line_id']}: {amount_minor} minor units received on {answer['value_date']}, {reference}"


def mishaps_text() -> str:
    """What can be made to go wrong, a reason code a line."""
    mishaps = _control("GET", "/_control/mishaps")["mishaps"]
    return "\n".join(f"{code:<7} {says}" for code, says in mishaps.items())


def let_happen(code: str) -> str:
    """Makes one discrepancy happen in the running sandbox; says where it must show."""
    answer = _control("POST", "/_control/mishaps", {"code": code})
    expected = [
        f"  {row['reference']}: {row['amount_minor'] / 100:,.2f} {answer['currency']} under {code}"
        for row in answer["expected"]
    ]
    return "\n".join([f"{answer['says']}; after the next refresh:", *expected])


def subscribe(url: str, platforms: tuple[str, ...], pace: float) -> str:
    """Lets platforms of the running sandbox send their webhooks to an address; the sentence for the operator."""
    body: dict[str, object] = {"url": url, "pace": pace}
    if platforms:
        body["platforms"] = list(platforms)
    answer = _control("POST", "/_control/webhooks", body)
    telling = sorted({row["platform"] for row in answer["subscriptions"] if row["is_active"]})
    return f"{', '.join(telling)} tell {url} of what happens"


def let_go(kind: str, **details: object) -> str:
    """Lets something happen after an order in the running sandbox; the sentence for the operator."""
    asked = {"kind": kind, **{name: value for name, value in details.items() if value is not None}}
    answer = _control("POST", "/_control/happenings", asked)
    return f"{kind}: done at {answer['now']}"


def effects_text() -> str:
    """The effect counts of the running sandbox, one line each."""
    counts = _control("GET", "/_control/effects")["counts"]
    lines = [
        f"{platform:<12} {kind:<28} {count}" for platform, kinds in counts.items() for kind, count in kinds.items()
    ]
    return "\n".join(lines) or "Nothing has been written to any platform yet."


def _control(method: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
    environment.prepare()
    address = environment.sandbox_address()
    if address is None:
        raise Refused("No sandbox is running for this folder: start one with `cartwheel up` or `cartwheel sandbox`.")
    try:
        response = httpx.request(method, f"{address.url}{path}", json=body, timeout=30)
    except httpx.TransportError:
        raise Refused(f"The sandbox at {address.url} does not answer: start it again with `cartwheel up`.") from None
    said: dict[str, Any] = response.json()
    if response.status_code >= 400:
        raise Refused(f"The sandbox refused: {said.get('error', response.text)}")
    return said
