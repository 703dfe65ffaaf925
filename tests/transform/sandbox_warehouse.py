"""The whole way on the demo's world: sandbox over HTTP → connectors → raw → dbt models, the one world of the suite."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

from orchestration.ledger_import import read_ledger
from orchestration.warehouse import ensure_raw_tables
from pipelines.extract import extract, platforms
from sandbox.server import CREDENTIALS, Sandbox
from tests.transform import ledger_rows
from tests.transform.warehouse import Warehouse


def configure(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, home: Path) -> None:
    """The settings a fresh user has: one account a platform, all of them at the sandbox."""
    monkeypatch.setenv("CARTWHEEL_HOME", str(home))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(home / "warehouse.duckdb"))
    for platform, url in sandbox.base_urls.items():
        base = f"{url}/statements/statement.csv" if platform == "bank" else url
        monkeypatch.setenv(f"SOURCES__{platform.upper()}__BASE_URL", base)
        for name, value in CREDENTIALS[platform].items():
            monkeypatch.setenv(f"SOURCES__{platform.upper()}__{name.upper()}", value)


def configure_europe(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """The second company's accounts on top of the first's: another shop of the same platform, PayPal, another bank."""
    for name, value in sandbox.europe_settings.items():
        monkeypatch.setenv(name, value)


def configure_amazon(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """The first company's account at the marketplace, whose orders are all of November."""
    for name, value in sandbox.amazon_settings.items():
        monkeypatch.setenv(name, value)


def pay_an_invoice_early(sandbox: Sandbox) -> None:
    """A company of the first shop buys on terms in November and pays less 2 %: each document of its chain is wanted."""
    terms = {"company": "Harbor Hotels", "terms": "2_10_net_30", "po_number": "PO-7"}
    asked = {"channel": "woocommerce", "sku": "KIT-001", "quantity": 4, "email": "buy@harbor.example"}
    placed = httpx.post(f"{sandbox.url}/_control/orders", json=asked | terms).raise_for_status().json()
    total, number = placed["total_minor"], placed["order_number"]
    paid = {"amount_minor": total - (total * 2 + 50) // 100, "reference": f"INVOICE {number} LESS 2PCT"}
    httpx.post(f"{sandbox.url}/_control/bank_lines", json=paid).raise_for_status()


def extract_all() -> list[str]:
    """Extracts every platform; returns the resources that failed, with their reason."""
    failed = []
    for platform in platforms():
        failed += [f"{platform}.{done.resource}: {done.error}" for done in extract(platform) if done.error]
    ensure_raw_tables()
    return failed


def built(home: Path) -> Warehouse:
    """Sandbox → warehouse with all models built and tested, beside a ledger in which something went wrong."""
    with pytest.MonkeyPatch.context() as monkeypatch, Sandbox() as sandbox:
        configure(monkeypatch, sandbox, home)
        configure_europe(monkeypatch, sandbox)
        configure_amazon(monkeypatch, sandbox)
        pay_an_invoice_early(sandbox)
        failed = extract_all()
        ledger_rows.troubles_of_a_day(home)
        read_ledger()
    assert not failed, failed
    warehouse = Warehouse(home)
    warehouse.dbt("build")
    return warehouse


def shared(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The world of the demo, both companies and the marketplace, built once for all test processes of a run: read it, copy it, never write to it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home = folder / "world"
    with FileLock(folder / "world.lock"):
        if not (home / "built").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            built(home)
            (home / "built").touch()
    return Warehouse(home)
