"""Connections come from the environment, one account or several, and a half of one is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.settings import connections, home, warehouse_path


def test_a_platform_without_a_base_url_is_not_configured() -> None:
    assert connections("nowhere", ("access_token",)) == ()


def test_one_account_is_called_main(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__NOWHERE__BASE_URL", "https://shop.example/")
    monkeypatch.setenv("SOURCES__NOWHERE__ACCESS_TOKEN", "t0ken")
    [connection] = connections("nowhere", ("access_token",))
    assert (connection.account_id, connection.base_url) == ("main", "https://shop.example")
    assert "t0ken" not in repr(connection)


def test_several_accounts_have_addresses_of_their_own_and_may_share_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__NOWHERE__ACCOUNTS", '["us", "eu"]')
    monkeypatch.setenv("SOURCES__NOWHERE__US__BASE_URL", "https://us.example")
    monkeypatch.setenv("SOURCES__NOWHERE__EU__BASE_URL", "https://eu.example")
    monkeypatch.setenv("SOURCES__NOWHERE__ACCESS_TOKEN", "shared")
    monkeypatch.setenv("SOURCES__NOWHERE__EU__ACCESS_TOKEN", "own")
    us, eu = connections("nowhere", ("access_token",))
    assert (us.base_url, us.credentials["access_token"]) == ("https://us.example", "shared")
    assert (eu.base_url, eu.credentials["access_token"]) == ("https://eu.example", "own")


def test_half_a_configuration_names_the_missing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__NOWHERE__BASE_URL", "https://shop.example")
    with pytest.raises(ConfigurationError, match="SOURCES__NOWHERE__ACCESS_TOKEN"):
        connections("nowhere", ("access_token",))


def test_everything_is_kept_under_one_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path / "with a space"))
    monkeypatch.delenv("CARTWHEEL_WAREHOUSE", raising=False)
    assert home() == tmp_path / "with a space"
    assert warehouse_path() == tmp_path / "with a space" / "warehouse.duckdb"
