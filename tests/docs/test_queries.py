"""Every query of the documents runs on the published snapshot of the demo's world and finds something there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration import warehouse
from tests.docs import documents
from tests.docs.documents import ROOT, Piece
from tests.docs.stable_tables import STABLE_TABLES, columns

pytestmark = [pytest.mark.dbt, pytest.mark.world]
CARTWHEEL = Path(sys.executable).with_name("cartwheel")


@pytest.fixture
def snapshot(published_world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.setenv("CARTWHEEL_HOME", str(published_world))
    with warehouse.reading() as connection:
        yield connection


def named(piece: Piece) -> str:
    return piece.name


@pytest.mark.parametrize("piece", documents.blocks("sql"), ids=named)
def test_the_query_runs_and_finds_rows(snapshot: duckdb.DuckDBPyConnection, piece: Piece) -> None:
    assert snapshot.execute(piece.text).fetchall(), "no rows"


def reads_the_snapshot_alone(piece: Piece) -> bool:
    return documents.words(piece)[0] == "query" or documents.words(piece)[:2] == ["explain", "bridge"]


@pytest.mark.parametrize("piece", filter(reads_the_snapshot_alone, documents.commands("cartwheel")), ids=named)
def test_the_command_prints_rows(published_world: Path, piece: Piece) -> None:
    known = {key: value for key, value in os.environ.items() if not key.startswith("CARTWHEEL_")}
    done = subprocess.run(
        [str(CARTWHEEL), *documents.words(piece)],
        env=known | {"CARTWHEEL_HOME": str(published_world)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 1


@pytest.mark.parametrize("table", STABLE_TABLES)
def test_the_stable_columns_exist(snapshot: duckdb.DuckDBPyConnection, table: str) -> None:
    found = {row[0] for row in snapshot.execute(f"describe marts.{table}").fetchall()}
    assert columns(table) - found == set()


def test_the_worked_example_is_the_snapshots(snapshot: duckdb.DuckDBPyConnection) -> None:
    told = documents.between(ROOT / "docs" / "stock.md", "worked example: GAR-006 woocommerce", "end of worked example")
    rows = snapshot.execute(
        """select term, sum(units) from fct_ats_explained where sku = 'GAR-006' and channel = 'woocommerce'
           group by term, position order by position"""
    ).fetchall()
    whole = snapshot.execute("select ats from fct_ats where sku = 'GAR-006' and channel = 'woocommerce'").fetchone()
    assert whole is not None
    shown = [f"| {term} | {units} |" for term, units in rows]
    assert told.splitlines() == ["| term | units |", "|---|---|", *shown, f"| **ats** | **{whole[0]}** |"]


@pytest.mark.parametrize("month_check", ["gap_minor", "unexplained_minor"])
def test_the_month_of_the_default_world_can_be_signed(snapshot: duckdb.DuckDBPyConnection, month_check: str) -> None:
    queries = [piece.text for piece in documents.blocks("sql", [ROOT / "docs" / "finance.md"])]
    checked = 0
    for query in queries:
        found = snapshot.execute(query)
        names = [column[0] for column in found.description or ()]
        if month_check in names:
            checked += 1
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            assert {row[month_check] for row in rows if row.get("is_content_listed", True)} == {0}
    assert checked
