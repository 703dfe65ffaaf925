"""The sandbox as one HTTP server: every twin under its own path prefix, plus the operator's `/_control`.

How a twin registers: `sandbox/platforms/<platform>.py` defines

    def routes(world: World) -> list[starlette.routing.BaseRoute]

with paths as the vendor has them; the module is found by name and mounted under `/<platform>`, so a new twin is a new
file and nothing else. Modules beside it (`shopify_schema.py`) have no `routes` and are left alone. A module may
also define `unauthorized(world)`, `too_many_requests(world)` and `server_error(world)` → Response: the vendor's bodies
for injected faults. Handlers are `async def` and never await between reading and changing the world: the event loop is
the lock. State a twin changes lives in `world.state(platform)`, a dict that starts empty; effects are recorded with
`world.effects.record(platform, kind, natural_key)`; time comes from `world.clock` only.
"""

from __future__ import annotations

import importlib
import pkgutil
import socket
import threading
import time
from types import ModuleType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

import sandbox.platforms
from sandbox import control
from sandbox.amazon_facts import CANADA, SELLER_ID, UNITED_STATES
from sandbox.fault_gate import FaultGate
from sandbox.mailbox import PASSWORD, RECIPIENTS, SENDER, USERNAME, Mailbox
from sandbox.world import World, build_world

# Accepted by the twins and public on purpose: these open nothing but this sandbox.
CREDENTIALS: dict[str, dict[str, str]] = {
    "shopify": {"access_token": "sandbox-shopify-token", "webhook_secret": "sandbox-shopify-webhooks"},
    "woocommerce": {
        "consumer_key": "ck_sandbox",
        "consumer_secret": "cs_sandbox",
        "webhook_secret": "sandbox-woocommerce-webhooks",
    },
    "stripe": {"api_key": "sandbox-stripe-key", "webhook_secret": "whsec_sandbox"},
    "shipstation": {
        "api_key": "sandbox-shipstation-key",
        "api_secret": "sandbox-shipstation-secret",
        "webhook_secret": "sandbox-shipstation-webhooks",
    },
    "cin7": {
        "account_id_header": "sandbox-cin7-account",
        "application_key": "sandbox-cin7-key",
        "webhook_secret": "sandbox-cin7-webhooks",
    },
    "quickbooks": {
        "realm_id": "9130350000000001",
        "access_token": "sandbox-quickbooks-token",
        "webhook_secret": "sandbox-quickbooks-verifier",
    },
    "hubspot": {"access_token": "sandbox-hubspot-token"},
    "klaviyo": {"api_key": "sandbox-klaviyo-key"},
    "slack": {"webhook_token": "T00000000/B00000000/sandboxSlackWebhook"},
    "bank": {},
}

# The second company's accounts, each called `eu` at its platform, by the twin that serves it. They are apart because a
# user who configures no account `eu` reads one company, and that is the default.
EUROPE_CREDENTIALS: dict[str, dict[str, str]] = {
    "woocommerce_eu": {"consumer_key": "ck_sandbox_eu", "consumer_secret": "cs_sandbox_eu"},
    "paypal": {
        "client_id": "sandbox-paypal-client",
        "client_secret": "sandbox-paypal-secret",
        "webhook_id": "8PT59771LM036042K",
    },
    "bank_eu": {},
    "xero": {
        "tenant_id": "7f3d5c1e-9a44-4f0b-8a55-2d1c6b0e4a11",
        "client_id": "sandbox-xero-client",
        "client_secret": "sandbox-xero-secret",
        "webhook_secret": "sandbox-xero-webhooks",
    },
}
# Those of them that are written to as well.
EUROPE_DESTINATIONS = ("xero",)

# The seller's account at the marketplace, apart for the same reason: its orders are not in the golden month.
AMAZON_CREDENTIALS: dict[str, dict[str, str]] = {
    "amazon": {
        "client_id": "sandbox-amazon-client",
        "client_secret": "sandbox-amazon-secret",
        "refresh_token": "sandbox-amazon-refresh",
        "seller_id": SELLER_ID,
    }
}


def twins() -> dict[str, ModuleType]:
    """Platform → module, for every module of sandbox.platforms that offers `routes`."""
    found: dict[str, ModuleType] = {}
    for info in pkgutil.iter_modules(sandbox.platforms.__path__):
        module = importlib.import_module(f"sandbox.platforms.{info.name}")
        if hasattr(module, "routes"):
            found[info.name] = module
    return found


def create_app(world: World) -> ASGIApp:
    """All twins over one world."""
    modules = twins()
    mounts = [Mount(f"/{name}", routes=module.routes(world)) for name, module in modules.items()]
    app = Starlette(routes=[*mounts, Mount("/_control", routes=control.routes(world))])
    return FaultGate(app, world, modules)


class Sandbox:
    """The server in a thread of this process: `with Sandbox() as sandbox: sandbox.url`."""

    def __init__(self, port: int = 0, seed: int = 7, orders: int = 500) -> None:
        self.world = build_world(seed=seed, orders=orders)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(_configuration(create_app(self.world)))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.world.webhooks.base_url = self.url
        self.mailbox = Mailbox(self.world)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_urls(self) -> dict[str, str]:
        """Platform → base URL, for every platform a user configures."""
        return {platform: f"{self.url}/{platform}" for platform in CREDENTIALS}

    @property
    def europe_settings(self) -> dict[str, str]:
        """The environment that adds the second company's accounts to the first's; see EUROPE_CREDENTIALS."""
        return europe_settings(self.url)

    @property
    def amazon_settings(self) -> dict[str, str]:
        """The environment that adds the seller's account at the marketplace; see AMAZON_CREDENTIALS."""
        return amazon_settings(self.url)

    @property
    def email_settings(self) -> dict[str, str]:
        """The environment in which messages to people go to the mailbox of this sandbox; it must have started."""
        values = {"username": USERNAME, "password": PASSWORD, "sender": SENDER, "recipients": RECIPIENTS}
        values["base_url"] = self.mailbox.url
        return {f"DESTINATIONS__EMAIL__{name.upper()}": value for name, value in values.items()}

    @property
    def further_settings(self) -> dict[str, str]:
        """Everything a user may add to the first company's accounts: what the demo shows."""
        return {**self.europe_settings, **self.amazon_settings, **self.email_settings}

    def __enter__(self) -> Sandbox:
        self.mailbox.start()
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
        self.mailbox.stop()
        self.world.webhooks.close()


def europe_settings(url: str) -> dict[str, str]:
    """Settings of the accounts `eu`, and of which accounts each platform then has, for a sandbox at this address."""
    settings: dict[str, str] = {}
    for twin, credentials in EUROPE_CREDENTIALS.items():
        platform = twin.removesuffix("_eu")
        prefix = f"SOURCES__{platform.upper()}"
        settings[f"{prefix}__ACCOUNTS"] = '["main", "eu"]' if platform in CREDENTIALS else '["eu"]'
        settings[f"{prefix}__EU__BASE_URL"] = f"{url}/{twin}"
        settings |= {f"{prefix}__EU__{name.upper()}": value for name, value in credentials.items()}
    for platform in EUROPE_DESTINATIONS:
        prefix = f"DESTINATIONS__{platform.upper()}"
        settings[f"{prefix}__BASE_URL"] = f"{url}/{platform}"
        settings |= {f"{prefix}__{name.upper()}": value for name, value in EUROPE_CREDENTIALS[platform].items()}
    return settings


def amazon_settings(url: str) -> dict[str, str]:
    """Settings of the marketplace, read and written, for a sandbox at this address."""
    values = {"base_url": f"{url}/amazon", **AMAZON_CREDENTIALS["amazon"]}
    read = {"marketplace_ids": f"{UNITED_STATES},{CANADA}"}
    settings = {f"SOURCES__AMAZON__{name.upper()}": value for name, value in {**values, **read}.items()}
    return settings | {f"DESTINATIONS__AMAZON__{name.upper()}": value for name, value in values.items()}


def _configuration(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        server_header=False,
        date_header=False,  # wall time has no place in a repeatable answer
    )


def serve(port: int, seed: int, orders: int) -> None:
    """Run in the foreground until interrupted."""
    world = build_world(seed=seed, orders=orders)
    world.webhooks.base_url = f"http://127.0.0.1:{port}"
    configuration = _configuration(create_app(world))
    configuration.host, configuration.port = "127.0.0.1", port
    uvicorn.Server(configuration).run()
