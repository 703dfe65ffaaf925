"""ShipStation's connector: Pacific time, its own pace, and what it asks against the vendor's file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pipelines.connector import Notices, moment, shape
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms.shipstation import CONNECTOR, TIME_ZONE, connect, pace, pacific
from pipelines.settings import Connection

CONTRACT = Path(__file__).parents[4] / "shared" / "contracts" / "shipstation" / "shipstation_v1_openapi.yaml"
SINCE = datetime(2026, 10, 1, 12, tzinfo=UTC)

Answer = Callable[[httpx.Request], Any]


def reading(name: str, answer: Answer, since: datetime | None = None) -> tuple[list[list[dict]], list[httpx.Request]]:
    """Pages a resource yields from a faked ShipStation, and the requests it made."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    real = connect(Connection("shipstation", "main", "https://ship.example/twin", {"api_key": "k", "api_secret": "s3"}))
    with httpx.Client(base_url=real.base_url, auth=real.auth, transport=httpx.MockTransport(handle)) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def page(name: str, *ids: int, pages: int = 1) -> dict[str, Any]:
    return {name: [{"orderId": i} for i in ids], "total": 0, "page": 1, "pages": pages}


def test_a_moment_is_sent_as_pacific_wall_clock_in_summer_and_in_winter() -> None:
    assert pacific(datetime(2026, 7, 1, 21, tzinfo=UTC)) == "2026-07-01 14:00:00"
    assert pacific(datetime(2026, 1, 15, 22, tzinfo=UTC)) == "2026-01-15 14:00:00"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-07-01T14:00:00.1230000", datetime(2026, 7, 1, 21, 0, 0, 123000, tzinfo=UTC)),
        ("2026-01-15T14:00:00", datetime(2026, 1, 15, 22, tzinfo=UTC)),
        # 01:30 comes twice on 1 November; the first is taken, so that a cursor never lies behind an unread record.
        ("2026-11-01T01:30:00", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
    ],
)
def test_the_remembered_cursor_is_utc(text: str, utc: datetime) -> None:
    from zoneinfo import ZoneInfo

    assert moment(text, ZoneInfo(TIME_ZONE)) == utc
    assert all(resource.cursor_zone == TIME_ZONE for resource in CONNECTOR.resources)


def test_a_record_of_the_second_01_30_is_read_after_a_cursor_in_the_first() -> None:
    """Cursor 01:30 PDT (08:30 UTC) less two hours is 23:30 of the day before, earlier than either 01:30."""
    start = datetime(2026, 11, 1, 8, 30, tzinfo=UTC) - CONNECTOR.resource("orders").lag
    assert pacific(start) == "2026-10-31 23:30:00"


def test_orders_are_read_page_by_page_by_modification() -> None:
    pages, asked = reading("orders", lambda r: page("orders", int(r.url.params["page"]), pages=2), SINCE)
    assert pages == [[{"orderId": 1}], [{"orderId": 2}]]
    assert [dict(request.url.params) for request in asked] == [
        {"modifyDateStart": "2026-10-01 05:00:00", "page": "1", "pageSize": "500"},
        {"modifyDateStart": "2026-10-01 05:00:00", "page": "2", "pageSize": "500"},
    ]
    assert asked[0].url.path == "/twin/orders"
    assert asked[0].headers["Authorization"] == "Basic azpzMw=="


def test_shipments_voided_since_are_read_besides_those_created_since_with_their_items() -> None:
    _, asked = reading("shipments", lambda _: page("shipments", 1), SINCE)
    assert [{k: v for k, v in request.url.params.items() if "Date" in k} for request in asked] == [
        {"createDateStart": "2026-10-01 05:00:00"},
        {"voidDateStart": "2026-10-01 05:00:00"},
    ]
    assert {request.url.params["includeShipmentItems"] for request in asked} == {"true"}


def test_the_first_run_reads_shipments_once_and_whole() -> None:
    _, asked = reading("shipments", lambda _: page("shipments", 1))
    assert [dict(r.url.params) for r in asked] == [{"includeShipmentItems": "true", "page": "1", "pageSize": "500"}]


def test_fulfillments_are_read_again_for_as_long_as_a_parcel_may_travel() -> None:
    assert CONNECTOR.resource("fulfillments").lag >= timedelta(days=45)


def test_paging_ends_on_an_empty_page_and_refuses_a_repeated_one() -> None:
    assert reading("orders", lambda _: page("orders", pages=9))[0] == []
    with pytest.raises(PlatformUnavailable, match="page 2 is page 1 again"):
        reading("orders", lambda _: page("orders", 1, pages=9))


def test_a_wrong_key_stops_and_names_no_secret() -> None:
    with pytest.raises(PlatformRefused, match="401") as refusal:
        reading("orders", lambda _: httpx.Response(401, json={"Message": "Authorization has been denied"}))
    assert "s3" not in str(refusal.value)


def test_the_client_waits_for_the_window_when_nothing_remains() -> None:
    waited: list[float] = []
    left = iter(["2", "1", "0", "39"])

    def handle(_: httpx.Request) -> httpx.Response:
        headers = {"X-Rate-Limit-Limit": "40", "X-Rate-Limit-Remaining": next(left), "X-Rate-Limit-Reset": "17"}
        return httpx.Response(200, headers=headers)

    hooks = {"response": [pace(waited.append)]}
    with httpx.Client(transport=httpx.MockTransport(handle), event_hooks=hooks) as client:
        for waits in ([], [], [17.0], [17.0]):
            client.get("https://ship.example/orders")
            assert waited == waits


def test_a_429_is_left_to_the_retry_which_waits_once() -> None:
    waited: list[float] = []
    answer = httpx.Response(429, headers={"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "17"})
    pace(waited.append)(answer)
    assert waited == []


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    if not CONTRACT.exists():
        pytest.skip(f"the vendor's file is not at {CONTRACT}")
    with CONTRACT.open() as text:
        loaded: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


@pytest.mark.parametrize("name", ["orders", "shipments", "fulfillments"])
def test_only_declared_parameters_are_sent_and_declared_fields_are_columns(name: str, contract: dict[str, Any]) -> None:
    operation = contract["paths"][f"/{name}"]["get"]
    _, asked = reading(name, lambda _: page(name, 1), SINCE)
    sent = {key for request in asked for key in request.url.params}
    assert sent <= {parameter["name"] for parameter in operation["parameters"]}

    schema = contract["components"]["schemas"][name.capitalize().rstrip("s")]
    record = dict.fromkeys(schema["properties"])
    notices = Notices()
    shape(record, CONNECTOR.resource(name), "main", notices, name)
    assert notices.undeclared == {}
