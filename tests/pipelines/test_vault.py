"""What a platform answered can be read again, byte for byte, from any row that came in it."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import duckdb
import httpx
import pytest

from pipelines import vault
from pipelines.connector import Connector, Resource
from pipelines.http import body, request
from tests.pipelines import connector_contract as contract

COLUMNS = {"id": "text", "updated_at": "timestamp", "amount": "decimal"}
PAGES = [
    b'{"things": [{"id": "1",  "updated_at": "2026-10-01T00:00:00Z", "amount": 1.10}]}',
    '{"things": [{"id": "2", "updated_at": "2026-10-02T00:00:00Z", "amount": 2.0, "sold in": "Köln"}]}'.encode(),
]


def fetch(client, since):
    for number in range(len(PAGES)):
        yield body(request(client, "GET", f"/things/{number}"))["things"]


class Bearer(httpx.Auth):
    requires_response_body = True

    def auth_flow(self, asked):
        token = yield httpx.Request("POST", "https://shop.example/token")
        asked.headers["Authorization"] = token.json()["access_token"]
        yield asked


def answering(asked: httpx.Request) -> httpx.Response:
    if asked.url.path == "/token":
        return httpx.Response(200, json={"access_token": "a-token-to-keep-secret"})
    return httpx.Response(200, content=PAGES[int(asked.url.path[-1])])


SHOP = Connector(
    "testshop",
    "1",
    ("access_token",),
    lambda _: httpx.Client(base_url="https://shop.example", transport=httpx.MockTransport(answering), auth=Bearer()),
    (Resource("things", COLUMNS, fetch, cursor="updated_at"),),
)


def load(monkeypatch: pytest.MonkeyPatch, home: Path, shop: Connector = SHOP) -> dict[str, list[str]]:
    """Thing → the answers its row names."""
    contract.run(monkeypatch, home, shop)
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute("select id, _answers from raw_testshop.things").fetchall()
    return {thing: json.loads(answers) for thing, answers in found}


def files(home: Path) -> list[Path]:
    return sorted((home / vault.FOLDER).rglob("*.gz"))


def test_each_row_names_the_very_bytes_it_came_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = load(monkeypatch, tmp_path)
    kept = vault.Vault(tmp_path / vault.FOLDER)
    assert {thing: [kept.read(digest) for digest in digests] for thing, digests in named.items()} == {
        "1": PAGES[:1],
        "2": PAGES[1:],
    }


def test_an_access_token_is_not_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    load(monkeypatch, tmp_path)
    assert len(files(tmp_path)) == len(PAGES)
    assert not [file for file in files(tmp_path) if b"a-token-to-keep-secret" in gzip.decompress(file.read_bytes())]


def test_the_same_answer_is_kept_once_and_a_changed_byte_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = load(monkeypatch, tmp_path)
    assert load(monkeypatch, tmp_path) == first
    assert len(files(tmp_path)) == len(PAGES)
    (digest,) = first["1"]
    file = next(found for found in files(tmp_path) if found.stem == digest)
    file.write_bytes(gzip.compress(PAGES[0].replace(b"1.10", b"9.10")))
    with pytest.raises(ValueError, match="other bytes"):
        vault.Vault(tmp_path / vault.FOLDER).read(digest)


def test_an_old_answer_goes_when_no_row_names_it_and_stays_while_one_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    load(monkeypatch, tmp_path)
    orphan = vault.Vault(tmp_path / vault.FOLDER).keep("testshop", b"of a row that is gone")
    for file in files(tmp_path):
        os.utime(file, (0, 0))
    nothing_new = replace(SHOP, resources=(replace(SHOP.resources[0], fetch=lambda *_: iter([])),))
    named = load(monkeypatch, tmp_path, nothing_new)
    assert {file.stem for file in files(tmp_path)} == {digest for digests in named.values() for digest in digests}
    assert orphan not in {file.stem for file in files(tmp_path)}
