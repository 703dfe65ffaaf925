"""A home whose every setting holds a secret of its own, and the search for them in whatever it leaves behind."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from reverse_etl import settings
from sandbox.server import CREDENTIALS
from tests.proof import activation_tables, shop_rows

CARTWHEEL = Path(sys.executable).with_name("cartwheel")
OURS = ("CARTWHEEL_", "SOURCES__", "DESTINATIONS__", "DAGSTER_")

# What `python -c` materializes, as the daemon would: plan and push of every sync, with the events kept in the home.
MATERIALIZE = """
import dagster as dg
from orchestration import environment
environment.prepare()
from orchestration.activate import sync_assets
with dg.DagsterInstance.get() as instance:
    done = dg.materialize(sync_assets(), instance=instance, raise_on_error=False)
    print(done.success, [event.message for event in done.all_events])
"""


class PlantedHome:
    """`said` is all that commands printed; `environ` their settings."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.said = folder, ""
        self.secrets: dict[str, str] = {}
        self.environ = {"CARTWHEEL_HOME": str(folder), "DAGSTER_HOME": str(folder / "dagster")}
        (folder / "dagster").mkdir()
        for platform, names in CREDENTIALS.items():
            for section in ("SOURCES", "DESTINATIONS"):
                self.environ[f"{section}__{platform.upper()}__BASE_URL"] = url
                for name in names:
                    key = f"{section}__{platform.upper()}__{name.upper()}"
                    self.environ[key] = self.secrets[key] = f"planted{secrets.token_hex(12)}"

    def settings(self) -> settings.Settings:
        return settings.read(self.environ, self.folder)

    def fill_and_publish(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A warehouse with something to do for every destination."""
        from orchestration import warehouse

        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            connection.execute("create schema marts; create schema activation")
            for sync, rows in rows_of_all().items():
                activation_tables.fill(connection, sync, rows)
        monkeypatch.setenv("CARTWHEEL_HOME", str(self.folder))
        monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(self.folder / "warehouse.duckdb"))
        with warehouse.writing("proof"):
            warehouse.publish(datetime.now(UTC))

    def cartwheel(self, *arguments: str, **more: str) -> str:
        return self._run([str(CARTWHEEL), *arguments], more)

    def materialize(self) -> str:
        return self._run([sys.executable, "-c", MATERIALIZE], {})

    def leaks(self, also: Iterable[str] = ()) -> list[str]:
        """Where a secret, or what a header makes of it, was found: name of the setting and the place."""
        places = {str(path.relative_to(self.folder)): path.read_bytes() for path in files(self.folder)}
        places |= {"output": self.said.encode(), "memory": "\n".join(also).encode()}
        return [
            f"{name} in {place}"
            for name, needle in self._needles().items()
            for place, content in places.items()
            if needle in content
        ]

    def _needles(self) -> dict[str, bytes]:
        found = {name: value.encode() for name, value in self.secrets.items()}
        for section in ("SOURCES", "DESTINATIONS"):
            prefix = f"{section}__WOOCOMMERCE__CONSUMER_"
            pair = f"{self.secrets[f'{prefix}KEY']}:{self.secrets[f'{prefix}SECRET']}"
            found[f"{prefix}… as Basic"] = base64.b64encode(pair.encode())
        return found

    def _run(self, command: list[str], more: Mapping[str, str]) -> str:
        known = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        done = subprocess.run(
            command,
            env={**known, **self.environ, "DAGSTER_DISABLE_TELEMETRY": "1", **more},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        said = f"$ {' '.join(command[:3])}\n{done.stdout}{done.stderr}\n"
        self.said += said
        return said


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def rows_of_all() -> dict[str, list[shop_rows.Row]]:
    people = [shop_rows.person(f"{name}@example.com") for name in ("ann", "bob", "bad")]
    return {
        "hubspot__contacts": people,
        "klaviyo__profiles": people,
        "woocommerce__stock_levels": [shop_rows.product("11", 7, 1), shop_rows.product("12", 7, 1)],
        "shopify__stock_levels": [shop_rows.level("1", 9, 0), shop_rows.level("2", 9, 5)],
        "shopify__tracking": [],
        "slack__low_stock_alerts": [shop_rows.alert("SKU-1")],
        "quickbooks__credit_memos": [],
        "quickbooks__deposits": [],
        "quickbooks__sales_receipts": [*shop_rows.receipt("#1"), *shop_rows.receipt("#2", item="Surcharge")],
    }
