"""One writer at a time, and readers who never notice: the lock, the snapshot, the pointer."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration import warehouse

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CARTWHEEL_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWHEEL_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    return tmp_path


def fill(rows: int, comment: str = "how many") -> None:
    with duckdb.connect(str(warehouse.path())) as connection:
        for schema in ("marts", "activation", "staging"):
            connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create or replace table marts.fct_things as select range as thing_id from range({rows})")
        connection.execute(f"comment on column marts.fct_things.thing_id is '{comment}'")
        connection.execute("create or replace table activation.act_shop__things as select 1 as thing_id")
        connection.execute("create or replace table staging.stg_secret as select 'not for analysts' as text")


def test_a_snapshot_holds_marts_and_activation_and_nothing_else(home: Path) -> None:
    fill(3)
    found = warehouse.publish(NOW)
    assert {table: content.rows for table, content in found.tables.items()} == {
        "marts.fct_things": 3,
        "activation.act_shop__things": 1,
    }
    with warehouse.reading() as connection:
        assert connection.execute("select count(*) from fct_things").fetchone() == (3,)
        schemas = connection.execute("select distinct table_schema from information_schema.tables").fetchall()
        assert sorted(schemas) == [("activation",), ("marts",)]


def test_an_analyst_reads_each_columns_description_in_the_snapshot(home: Path) -> None:
    fill(1, comment="the thing''s own id")
    warehouse.publish(NOW)
    with warehouse.reading() as connection:
        comments = connection.execute("select comment from duckdb_columns() where column_name = 'thing_id'").fetchall()
    assert ("the thing's own id",) in comments


def test_a_snapshot_can_not_be_written(home: Path) -> None:
    fill(1)
    warehouse.publish(NOW)
    with warehouse.reading() as connection, pytest.raises(duckdb.Error):
        connection.execute("delete from fct_things")


def test_publishing_moves_on_and_an_open_reader_keeps_what_it_opened(home: Path) -> None:
    fill(1)
    warehouse.publish(NOW)
    with warehouse.reading() as early:
        for rows in range(2, 8):
            fill(rows)
            warehouse.publish(NOW)
        assert early.execute("select count(*) from fct_things").fetchone() == (1,)
    with warehouse.reading() as late:
        assert late.execute("select count(*) from fct_things").fetchone() == (7,)
    assert len(list((home / "published").glob("*.duckdb"))) == warehouse.KEPT_SNAPSHOTS
    assert [found.version for found in warehouse.publications()] == list(range(1, 8)), "the log keeps every publication"


def test_the_digest_changes_with_the_content_and_only_with_it(home: Path) -> None:
    fill(3)
    first, again = warehouse.publish(NOW), warehouse.publish(NOW)
    fill(4)
    changed = warehouse.publish(NOW)
    assert first.tables == again.tables
    assert first.tables["marts.fct_things"] != changed.tables["marts.fct_things"]
    assert first.tables["activation.act_shop__things"] == changed.tables["activation.act_shop__things"]


def test_eight_readers_and_a_writer_meet_no_lock(home: Path) -> None:
    fill(1000)
    warehouse.publish(NOW)
    errors: list[BaseException] = []
    done = threading.Event()
    reads = [0] * 8

    def read(number: int) -> None:
        try:
            while not done.is_set():
                with warehouse.reading() as connection:
                    found = connection.execute("select count(*) from fct_things").fetchone()
                    assert found is not None
                    assert found[0] >= 1000
                reads[number] += 1
        except BaseException as error:  # noqa: BLE001 - whatever it is, the main thread reports it
            errors.append(error)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for reader in readers:
        reader.start()
    for rows in range(1001, 1011):
        with warehouse.writing("test"):
            fill(rows)
            warehouse.publish(NOW)
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert min(reads) > 0


READER = """
import os, sys
from orchestration import warehouse
for _ in range(15):
    with warehouse.reading() as connection:
        connection.execute("select count(*) from fct_things").fetchone()
"""


def test_readers_in_other_processes_meet_no_lock_either(home: Path) -> None:
    fill(1000)
    warehouse.publish(NOW)
    readers = [subprocess.Popen([sys.executable, "-c", READER], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    with duckdb.connect(str(warehouse.path())) as writer:  # the live file stays open for writing all the while
        writer.execute("create or replace table marts.busy as from range(100000)")
        failures = [reader.communicate()[1] for reader in readers]
    assert failures == ["", "", ""]


def test_a_second_writer_waits_and_is_told_who_holds_the_warehouse(home: Path) -> None:
    with warehouse.writing("a long build"):
        code = (
            "from orchestration import warehouse\n"
            "try:\n    with warehouse.writing('another', wait_seconds=0.2): pass\n"
            "except warehouse.WarehouseBusy as error: print(error)"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'a long build' (process" in said
    with warehouse.writing("now it is free", wait_seconds=1):
        pass


def test_a_writer_that_dies_leaves_no_lock_behind(home: Path) -> None:
    code = "import os\nfrom orchestration import warehouse\nwith warehouse.writing('dying'): os._exit(9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    with warehouse.writing("the next", wait_seconds=1):
        pass


def test_a_reader_whose_file_was_pruned_meanwhile_looks_again(home: Path) -> None:
    """The pointer is a pipe here: it says something else each time it is read."""
    fill(1)
    warehouse.publish(NOW)
    pointer = home / "published" / "current"
    newest = pointer.read_text()
    pointer.unlink()
    os.mkfifo(pointer)

    def say() -> None:
        pointer.write_text("cartwheel-0.duckdb")
        with suppress(OSError):
            # Once nobody reads the first answer any more, opening without waiting is refused.
            while True:
                os.close(os.open(pointer, os.O_WRONLY | os.O_NONBLOCK))
        pointer.write_text(newest)

    saying = threading.Thread(target=say, daemon=True)
    saying.start()
    with warehouse.reading() as connection:
        assert connection.execute("select count(*) from fct_things").fetchone() == (1,)
    saying.join()


def test_before_anything_is_published_the_reader_is_told_what_to_do(home: Path) -> None:
    with pytest.raises(warehouse.NothingPublished, match="cartwheel"), warehouse.reading():
        pass
