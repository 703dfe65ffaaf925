"""An address of the operational store that does not work: said in words, with what to do, and never with its password."""

from __future__ import annotations

import subprocess
import sys
import traceback

import psycopg
import pytest
import sqlalchemy as sa

from reverse_etl.errors import ConfigurationError
from reverse_etl.ledger_store import open_store, shown
from tests.reverse_etl.postgres_server import PASSWORD

SECRET = "hid-den"


def refusal(url) -> str:
    """What the person sees who gave this address; the traceback that may be logged holds no password either."""
    with pytest.raises(ConfigurationError) as raised:
        open_store(url)
    logged = "".join(traceback.format_exception(raised.value))
    assert not any(secret in logged for secret in (SECRET, PASSWORD))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_wrong_password_a_missing_database_and_a_stranger_are_told_apart_and_no_password_is_shown(postgres_server):
    name = postgres_server.create_database()
    cases = (
        (postgres_server.url(name, password=SECRET), "correct the user and the password"),
        (postgres_server.url("nowhere"), "create the database"),
        (postgres_server.url(name, user="stranger"), "correct the user"),
    )
    for url, advice in cases:
        assert advice in refusal(url)
        assert ":***@" in refusal(url)
    postgres_server.drop_database(name)


def test_a_user_who_may_not_make_tables_is_told_so(postgres_server):
    name = postgres_server.create_database()
    with psycopg.connect(postgres_server.url(name)) as connection:
        connection.execute("create role guest login password 'hid-den'")
        # What PostgreSQL does by itself from release 15 on.
        connection.execute("revoke create on schema public from public")
    assert "make it the owner of the database" in refusal(postgres_server.url(name, "guest", SECRET))
    postgres_server.drop_database(name)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:hid-den@127.0.0.1:9/cartwheel", "is the server running"),
        ("postgresql+psycopg://u:hid-den@127.0.0.1:9/cartwheel", "is the server running"),
        ("postgres://127.0.0.1:9/cartwheel?user=u&password=hid-den", "is the server running"),
        # A password with special characters in it cuts the address in the wrong place.
        ("postgresql://u:hid-den@x@127.0.0.1/cartwheel", "percent-encoded"),
        ("postgresql://u:hid-den:9x@127.0.0.1:hid-den/cartwheel", "percent-encoded"),
        ("hid-den", "percent-encoded"),
        ("mysql://u:hid-den@127.0.0.1/cartwheel", "names mysql, where Cartwheel can not keep its ledger"),
        ("postgresql+asyncpg://u:hid-den@127.0.0.1/cartwheel", "use sqlite:///file or postgresql://"),
    ],
)
def test_an_address_that_does_not_work_is_explained_without_its_password(url, said):
    assert said in refusal(url)


def test_a_missing_driver_is_named_with_the_command_that_installs_it(tmp_path):
    # A folder before all others with a psycopg that can not be imported, as where the package is not installed.
    (tmp_path / "psycopg.py").write_text("raise ImportError('no psycopg here')")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from reverse_etl.ledger_store import open_store\n"
        "open_store('postgresql://u:hid-den@127.0.0.1:9/cartwheel')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "pip install 'psycopg[binary]'" in done.stderr.splitlines()[-1]
    assert SECRET not in done.stderr


def test_a_file_that_can_not_be_the_store_is_explained(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database at all, only a note to somebody\n" * 100)
    assert "the file is something else" in refusal(f"sqlite:///{tmp_path / 'notes.txt'}")
    assert "the folder must exist and be writable" in refusal(f"sqlite:///{tmp_path / 'notes.txt' / 'x' / 'y.db'}")


def test_the_address_for_people_keeps_what_helps_and_hides_what_opens():
    address = sa.make_url("postgresql://u:a@h/d?sslmode=require&sslpassword=b&passfile=c&password=d")
    assert shown(address) == "postgresql://u:***@h/d?sslmode=require"
