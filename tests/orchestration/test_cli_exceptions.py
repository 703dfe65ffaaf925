"""`cartwheel exceptions` and `cartwheel audit` as an operator meets them: the installed command on a real store."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reverse_etl import exception_queue
from reverse_etl.exception_queue import Finding
from reverse_etl.ledger_store import open_store
from reverse_etl.operations_tables import AUDIT_LOG
from tests.orchestration.test_cli import cartwheel

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
CASES = [
    Finding(
        "INVALID", "validation", "SKU [A-1] is unknown (request req_1)", "shopify__stock_levels", "shopify", "item/1",
        money_minor=150_000, currency_code="USD", cause="sku A-1",
        evidence={"request": "POST /graphql.json", "answer": "SKU [A-1] is unknown", "provider_request_id": "req_1"},
    ),
    Finding("INVALID", "validation", "no such SKU", "shopify__stock_levels", "shopify", "item/2", cause="sku A-1"),
    Finding("http_503", "transient", "busy", "klaviyo__profiles", "klaviyo", "ann"),
    Finding("auth", "auth", "token expired", "quickbooks__deposits", "quickbooks"),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    store = open_store(f"sqlite:///{tmp_path}/operations.sqlite")
    with store.begin() as connection:
        exception_queue.open_findings(connection, CASES, YESTERDAY)
    store.dispose()
    return tmp_path


def listed(home: Path, *options: str) -> list[dict[str, Any]]:
    done = cartwheel(home, "exceptions", "list", "--format", "json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ids(home: Path, *options: str) -> list[str]:
    return [case["exception_id"] for case in listed(home, *options)]


def did(home: Path, *words: str, **environment: str) -> str:
    done = cartwheel(home, "exceptions", *words, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(home: Path, *words: str) -> str:
    done = cartwheel(home, "exceptions", *words)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_list_says_the_gravest_first_with_money_age_and_what_happened(home: Path) -> None:
    done = cartwheel(home, "exceptions")
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if " EX-" in f" {line}"]
    assert [row.split()[0] for row in rows] == ["EX-4", "EX-1", "EX-2", "EX-3"]
    # Wide enough for every word, brackets kept, money for a person.
    assert "1,500.00 USD" in rows[1]
    assert "24 h" in rows[1]
    assert rows[1].rstrip().endswith("SKU [A-1] is unknown (request req_1)")
    assert "4 exceptions; at stake 1,500.00 USD." in done.stdout


def test_an_empty_queue_says_so(tmp_path: Path) -> None:
    assert cartwheel(tmp_path, "exceptions", "list").stdout == "Nothing stands in the queue.\n"


def test_one_missing_sku_is_one_line_by_cause(home: Path) -> None:
    groups = listed(home, "--by-cause")
    assert [(group["code"], group["cases"]) for group in groups] == [("auth", 1), ("INVALID", 2), ("http_503", 1)]
    assert "INVALID" in did(home, "list", "--by-cause")


def test_a_spreadsheet_gets_a_line_per_case(home: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(did(home, "list", "--format", "csv", "--sync", "shopify__stock_levels"))))
    assert [(row["exception_id"], row["severity"], row["money_minor"]) for row in rows] == [
        ("EX-1", "high", "150000"),
        ("EX-2", "medium", ""),
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--severity", "critical"), ["EX-4"]),
        (("--destination", "klaviyo"), ["EX-3"]),
        (("--code", "INVALID"), ["EX-1", "EX-2"]),
        (("--owner", "bob"), []),
        (("--status", "resolved"), []),
    ],
)
def test_the_list_is_narrowed(home: Path, options: tuple[str, ...], found: list[str]) -> None:
    assert ids(home, *options) == found


def test_show_tells_everything_and_where_to_read_on(home: Path) -> None:
    text = did(home, "show", "EX-1")
    for told in ("provider_request_id", "req_1", "docs/runbooks/validation.md", "1,500.00 USD", "item/1"):
        assert told in text
    whole = json.loads(did(home, "show", "EX-1", "--format", "json"))
    assert whole["evidence"]["request"] == "POST /graphql.json"


def test_a_day_of_an_operator_is_kept_with_name_and_reason(home: Path) -> None:
    did(home, "assign", "EX-1", "EX-2", "--to", "bob", "--by", "ann", "--because", "knows the catalogue")
    assert ids(home, "--owner", "bob") == ["EX-1", "EX-2"]
    did(home, "snooze", "EX-3", "--until", "3d", "--because", "they are moving", CARTWHEEL_USER="carl")
    assert ids(home) == ["EX-4", "EX-1", "EX-2"]
    group = listed(home, "--code", "INVALID")[0]["group"]
    assert did(home, "accept", "--cause", group, "--because", "not sold any more").count("known") == 2
    did(home, "resolve", "EX-4", "--because", "token renewed")
    assert ids(home) == []
    assert len(ids(home, "--status", "all")) == 4
    log = json.loads(cartwheel(home, "audit", "list", "--format", "json").stdout)
    assert [(row["action"], row["subject"], row["because"]) for row in reversed(log)] == [
        ("exception.assign", "EX-1", "knows the catalogue"),
        ("exception.assign", "EX-2", "knows the catalogue"),
        ("exception.snooze", "EX-3", "they are moving"),
        ("exception.accept", "EX-1", "not sold any more"),
        ("exception.accept", "EX-2", "not sold any more"),
        ("exception.resolve", "EX-4", "token renewed"),
    ]
    assert [row["who"] for row in reversed(log)][:3] == ["ann", "ann", "carl"]
    assert "knows the catalogue" in cartwheel(home, "audit", "list", "--subject", "EX-1").stdout


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("accept EX-1", "Missing option '--because'"),
        ("accept --because x", "name exceptions, or a whole group with --cause"),
        ("accept EX-1 --cause abc --because x", "name exceptions, or a whole group with --cause"),
        ("accept EX-9 --because x", "there is no exception EX-9: see cartwheel exceptions list"),
        ("show EX-9", "there is no exception EX-9"),
        ("snooze EX-1 --until soon --because x", "neither a moment such as 2026-11-30T08:00:00Z nor 90m, 12h or 3d"),
        ("snooze EX-1 --until 2020-01-01 --because x", "is past"),
        ("assign EX-1 --because x", "Missing option '--to'"),
        ("resolve --cause zz --because x", "names no group that still stands"),
        ("list --severity awful", "'awful' is not one of 'critical', 'high', 'medium', 'low'"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_done(home: Path, words: str, advice: str) -> None:
    assert advice in refused(home, *words.split())
    assert cartwheel(home, "audit", "list").stdout == "Nobody has decided anything yet.\n"


def test_the_log_proves_itself_and_a_change_is_named(home: Path) -> None:
    for number in (1, 2, 3):
        did(home, "accept", f"EX-{number}", "--because", "known")
    done = cartwheel(home, "audit", "verify")
    assert (done.returncode, done.stdout[:42]) == (0, "3 rows, none changed, none missing. Keep t")
    noted = done.stdout.split()[-1]
    store = open_store(f"sqlite:///{home}/operations.sqlite")
    with store.begin() as connection:
        connection.execute(sa.update(AUDIT_LOG).where(AUDIT_LOG.c.number == 2).values(because="another reason"))
    store.dispose()
    done = cartwheel(home, "audit", "verify", "--noted", noted)
    assert (done.returncode, done.stderr) == (1, "row 2 was changed after it was written\n")
    assert "is not NUMBER:DIGEST" in cartwheel(home, "audit", "verify", "--noted", "3").stderr
