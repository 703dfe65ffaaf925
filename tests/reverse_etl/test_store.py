"""The operational store itself, on real SQLite files and a real PostgreSQL server: the same promises on both."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from reverse_etl import canonical_json, ledger_store
from reverse_etl.errors import ConfigurationError
from reverse_etl.exception_queue import Finding, open_findings
from reverse_etl.ledger_store import open_store
from reverse_etl.ledger_tables import METADATA, PLAN_INPUTS, PLANS
from reverse_etl.operations_tables import CALLS, DRIFTS, EXCEPTIONS, FLOW_SWITCHES
from tests.reverse_etl.conftest import NOW
from tests.reverse_etl.postgres_server import on_both_new_stores, on_both_stores

PLAN = {"plan_id": "a-1", "number": 1, "sync": "a", "plan_hash": "h", "created_at": NOW, "creates": 1, "updates": 0}
PLAN |= {"noops": 0, "skipped": "[]", "breaches": "[]", "money_minor": "{}"}


@contextmanager
def opened(url):
    engine = open_store(url)
    try:
        yield engine
    finally:
        engine.dispose()


def reading(engine):
    return engine.connect().execution_options(reading=True)


@on_both_stores
def test_the_migrations_make_exactly_the_tables_the_code_knows(store):
    with opened(store) as engine, reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def first_version(url, *deliveries, accepted=()):
    """A store as the first release left it: one plan, its deliveries, one request nobody heard of again."""
    at = NOW.replace(tzinfo=None, microsecond=1)
    texts = ("sync", "destination", "object", "record_key", "action", "reason", "source_key", "fingerprint")
    delivery = dict.fromkeys((*texts, "engine", "intention", "idempotency_key", "payload", "lines", "changes"), "x")
    delivery |= {"delivery_id": "a-1/1", "plan_id": "a-1", "position": 1, "lane": 0, "state": "sending"}
    delivery |= {"key_generation": 0, "quick": -(2**63), "money_minor": 2**62, "planned_at": at, "state_at": at}
    delivery |= dict.fromkeys(("kind", "code", "message"))
    marks = {name: delivery[name] for name in ("sync", "fingerprint", "quick", "engine")} | {"delivery_id": "a-1/1"}
    attempt = {"attempt_id": "a-1/1#1", "delivery_id": "a-1/1", "purpose": "write", "request_key": "k"}
    config = Config()
    config.set_main_option("script_location", str(ledger_store.MIGRATIONS))
    engine = ledger_store._engine(ledger_store._address(url))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = sa.MetaData()
        old.reflect(connection)
        connection.execute(sa.insert(old.tables["plans"]), [PLAN | {"created_at": at}])
        connection.execute(sa.insert(old.tables["deliveries"]), [delivery | more for more in deliveries or ({},)])
        for key, days in accepted:
            row = marks | {"record_key": key, "accepted_at": at + timedelta(days=days)}
            connection.execute(sa.insert(old.tables["accepted"]), [row])
        connection.execute(sa.insert(old.tables["attempts"]), [attempt | {"started_at": at}])
    engine.dispose()


@on_both_new_stores
def test_a_store_of_the_first_release_is_brought_up_to_date_with_every_row_it_had(new_store):
    first_version(new_store)
    with opened(new_store) as engine, reading(engine) as connection:
        deliveries = METADATA.tables["deliveries"]
        row = connection.execute(sa.select(deliveries)).mappings().one()
        assert (row["state"], row["quick"], row["money_minor"]) == ("sending", -(2**63), 2**62)
        assert row["planned_at"] == NOW + timedelta(microseconds=1)
        # What is new has the value of a delivery that was never claimed under a lease.
        assert (row["fence"], row["tries"], row["holder"], row["due_at"]) == (0, 0, None, None)
        assert connection.execute(sa.text("select count(*) from attempts")).scalar() == 1
        assert connection.execute(sa.select(PLANS.c.plan_status)).scalar() == "open"
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


@on_both_new_stores
def test_what_was_refused_before_there_was_a_queue_has_its_row_after_the_update(new_store):
    refused = {"state": "rejected", "kind": "validation", "code": "INVALID_EMAIL", "message": "no such ann@x.test"}
    keys = {"refused": refused, "doubted": {"state": "in_doubt"}, "mended": refused, "fine": {"state": "accepted"}}
    rows = [row | {"record_key": key} for key, row in keys.items()]
    rows.append(refused | {"record_key": "refused", "code": "GONE", "kind": "gone"})
    deliveries = [row | {"delivery_id": f"a-1/{at}", "position": at} for at, row in enumerate(rows, start=1)]
    first_version(new_store, *deliveries, accepted=[("mended", 1), ("refused", -1)])
    with opened(new_store) as engine, reading(engine) as connection:
        found = {row["record_key"]: row for row in connection.execute(sa.select(EXCEPTIONS)).mappings()}
        told = {key: (row["code"], row["exception_status"], row["delivery_id"]) for key, row in found.items()}
        assert told == {
            "refused": ("GONE", "open", "a-1/5"),
            "doubted": ("unanswered", "open", "a-1/2"),
            "mended": ("INVALID_EMAIL", "resolved", "a-1/3"),
        }
        assert "ann@x.test" not in found["mended"]["message"]
        assert found["refused"]["opened_at"] == NOW + timedelta(microseconds=1)
    again = Finding("GONE", "gone", "still", sync="x", destination="x", record_key="refused", delivery_id="a-1/5")
    with opened(new_store) as engine, engine.begin() as connection:
        assert open_findings(connection, [again], NOW) == [found["refused"]["exception_id"]]
        (fresh,) = open_findings(connection, [replace(again, record_key="other")], NOW)
        assert fresh not in {row["exception_id"] for row in found.values()}


OPEN = """
import sys, alembic.command
from reverse_etl.ledger_store import open_store
print("ready", flush=True)
sys.stdin.readline()
open_store(sys.argv[1]).dispose()
"""


@on_both_new_stores
def test_processes_that_open_a_new_store_at_once_make_it_once(new_store):
    program = [sys.executable, "-c", OPEN, new_store]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(program, **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    with opened(new_store) as engine, reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


@on_both_stores
def test_a_store_of_a_newer_program_is_refused_in_words_and_left_as_it_is(store):
    with opened(store) as engine:
        with engine.begin() as connection:
            connection.execute(sa.text("update alembic_version set version_num = '9999'"))
        with pytest.raises(ConfigurationError, match=r"newer Cartwheel.*9999.*update this program") as refusal:
            open_store(store)
        assert refusal.value.code == "newer_store"
        with reading(engine) as connection:
            assert connection.execute(sa.text("select version_num from alembic_version")).scalar() == "9999"


@on_both_new_stores
def test_a_database_of_another_program_is_refused_in_words(new_store):
    engine = ledger_store._engine(ledger_store._address(new_store))
    with engine.begin() as connection:
        connection.execute(sa.text("create table alembic_version (version_num varchar(32))"))
        connection.execute(sa.text("insert into alembic_version values ('16e3115a602a')"))
    with pytest.raises(ConfigurationError, match=r"belongs to another program.*a database of its own"):
        open_store(new_store)
    with reading(engine) as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


@on_both_stores
def test_a_commit_that_returned_is_on_disk(store):
    with opened(store) as engine, engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            assert connection.execute(sa.text("show synchronous_commit")).scalar() == "on"
        else:
            assert connection.execute(sa.text("pragma journal_mode")).scalar() == "wal"
            # 2 = FULL
            assert connection.execute(sa.text("pragma synchronous")).scalar() == 2


@pytest.mark.parametrize(("of_the_server", "of_the_session"), [("off", "on"), ("remote_apply", "remote_apply")])
def test_a_server_that_answers_before_its_disk_does_is_told_to_wait(
    postgres_server, migrated_database, of_the_server, of_the_session
):
    name = postgres_server.create_database(migrated_database)
    with opened(postgres_server.url("postgres")) as engine, engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            sa.text(f"alter database {name} set synchronous_commit = {of_the_server}")
        )
    with opened(postgres_server.url(name)) as engine:
        for _ in range(2):
            with engine.connect() as connection:
                assert connection.execute(sa.text("show synchronous_commit")).scalar() == of_the_session
                connection.rollback()
    postgres_server.drop_database(name)


AWKWARD = 'naïve – 東京 🛞 "quoted" \\ back\nslash\ttab %s %(x)s :name'


@on_both_stores
def test_what_is_written_is_read_back_the_same(store):
    payload = {"text": AWKWARD, "minor": -(2**53) - 1, "none": None, "list": [1, "1", True]}
    blob = bytes(range(256)) * 3
    east = timezone(timedelta(hours=9))
    with opened(store) as engine:
        with engine.begin() as connection:
            at = datetime(2026, 11, 1, 21, 0, 0, 123456, tzinfo=east)
            connection.execute(sa.insert(PLANS), [PLAN | {"skipped": canonical_json.dumps(payload), "created_at": at}])
            connection.execute(sa.insert(PLAN_INPUTS), [{"plan_id": "a-1", "inputs": blob}])
        with reading(engine) as connection:
            row = connection.execute(sa.select(PLANS)).mappings().one()
            assert json.loads(row["skipped"]) == payload
            assert row["created_at"] == datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
            assert row["created_at"].tzinfo is UTC
            kept = connection.execute(sa.select(PLAN_INPUTS.c.inputs)).scalar_one()
            assert (type(kept), kept) == (bytes, blob)


@on_both_stores
def test_times_are_compared_as_moments_whatever_zone_they_come_in(store):
    with opened(store) as engine:
        with engine.begin() as connection:
            connection.execute(sa.insert(CALLS), [{"destination": "d", "hour": NOW, "requests": 1}])
        west = (NOW - timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-11)))
        with reading(engine) as connection:
            assert connection.execute(sa.select(CALLS.c.requests).where(CALLS.c.hour > west)).scalars().all() == [1]


@on_both_stores
def test_text_that_a_store_would_refuse_is_kept_without_what_it_refuses(store):
    with opened(store) as engine:
        with engine.begin() as connection:
            connection.execute(sa.insert(PLANS), [PLAN | {"plan_hash": "nul \x00, half a pair \ud83d, ünharmed"}])
        with reading(engine) as connection:
            assert connection.execute(sa.select(PLANS.c.plan_hash)).scalar() == "nul \ufffd, half a pair ?, ünharmed"


@on_both_stores
def test_rows_are_sorted_alike(store):
    keys = ["b", "B", "a", "Ä", "_", "a-1/10", "a-1/2", "é", "#1", "1"]
    row = {"sync": "s", "field": "f", "accepted_value": "1", "observed_value": "1", "wanted_value": "1"}
    rows = [row | {"record_key": key, "found_at": NOW, "choice": "open"} for key in keys]
    with opened(store) as engine:
        with engine.begin() as connection:
            connection.execute(sa.insert(DRIFTS), rows)
        with reading(engine) as connection:
            assert list(connection.execute(sa.select(DRIFTS.c.record_key).order_by(DRIFTS.c.record_key)).scalars()) == (
                sorted(keys)
            )


def number_plans(engine, sync, times):
    for _ in range(times):
        with engine.begin() as connection:
            number = (connection.execute(sa.select(sa.func.max(PLANS.c.number))).scalar() or 0) + 1
            connection.execute(
                sa.insert(PLANS), [PLAN | {"plan_id": f"{sync}-{number}", "sync": sync, "number": number}]
            )


@on_both_stores
def test_writers_that_decide_by_what_they_read_follow_one_another(store):
    with opened(store) as engine:
        threads = [threading.Thread(target=number_plans, args=(engine, name, 10)) for name in "abcd"]
        for step in (threading.Thread.start, threading.Thread.join):
            for thread in threads:
                step(thread)
        with reading(engine) as connection:
            numbers = connection.execute(sa.select(PLANS.c.number).order_by(PLANS.c.number)).scalars().all()
    assert numbers == list(range(1, 41))


@on_both_stores
def test_a_reader_waits_for_no_writer_and_sees_one_moment(store):
    counted = sa.select(sa.func.count()).select_from(PLANS)
    with opened(store) as engine:
        writer = engine.connect()
        writer.execute(sa.insert(PLANS), [PLAN])
        with reading(engine) as connection:
            assert connection.execute(counted).scalar() == 0
            writer.commit()
            # Committed meanwhile, yet not part of the moment this reader began with.
            assert connection.execute(counted).scalar() == 0
        with reading(engine) as connection:
            assert connection.execute(counted).scalar() == 1
        writer.close()


@on_both_stores
def test_a_store_can_be_opened_while_somebody_writes_to_it(store):
    with opened(store) as engine, engine.begin() as connection:
        connection.execute(sa.insert(PLANS), [PLAN])
        with opened(store) as other, reading(other) as reader:
            assert reader.execute(sa.select(sa.func.count()).select_from(PLANS)).scalar() == 0


@on_both_stores
def test_a_writer_that_dies_in_the_middle_leaves_nothing_and_keeps_nobody_waiting(store):
    program = (
        "import os, sys, sqlalchemy as sa; from reverse_etl.ledger_store import open_store\n"
        "connection = open_store(sys.argv[1]).connect()\n"
        "connection.execute(sa.text(\"insert into flow_switches values ('f', 'paused', 'w', 'b', '2026-11-01 12:00:00')\"))\n"
        "os.kill(os.getpid(), 9)"
    )
    with opened(store) as engine:
        assert subprocess.run([sys.executable, "-c", program, store], timeout=60, check=False).returncode == -9
        with engine.begin() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(FLOW_SWITCHES)).scalar() == 0
            connection.execute(sa.insert(PLANS), [PLAN])


def test_a_connection_the_server_closed_is_replaced_at_the_next_use(postgres_server, migrated_database):
    name = postgres_server.create_database(migrated_database)
    with opened(postgres_server.url(name)) as engine:
        with engine.begin() as connection:
            connection.execute(sa.insert(PLANS), [PLAN])
        with opened(postgres_server.url("postgres")) as other, other.connect() as connection:
            ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = :name"
            assert connection.execute(sa.text(ended), {"name": name}).scalars().all() == [True]
        with engine.begin() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(PLANS)).scalar() == 1
    postgres_server.drop_database(name)


@on_both_stores
def test_a_failed_statement_shows_no_value_of_a_row(store):
    with opened(store) as engine, engine.connect() as connection:
        connection.execute(sa.insert(PLANS), [PLAN])
        with pytest.raises(sa.exc.IntegrityError) as raised:
            connection.execute(sa.insert(PLANS), [PLAN | {"skipped": "ann@example.com"}])
    assert "ann@example.com" not in str(raised.value)
