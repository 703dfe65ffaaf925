"""The receiving shop, which also remembers each value it was made to hold, in order, and can have weather."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, SupportsIndex

from tests.reverse_etl.receiving_shop import ReceivingShop, is_read

# What can befall one request; 500, garbage and both kinds of lost reply come after the work was done.
FAULTS = ("lose_request", "lose_reply", "reset_reply", "500", "429", "503", "garbage", "slow")


NOT_FOUND = {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}


def _refusal(message: str) -> dict[str, Any]:
    """A refusal as each of the vendors words it."""
    errors = [{"code": "invalid", "title": message, "detail": message, "message": message}]
    fault = {"Error": [{"code": "2010", "Message": message, "Detail": message}]}
    return {
        "category": "VALIDATION_ERROR",
        "code": "rest_invalid",
        "message": message,
        "errors": errors,
        "Fault": fault,
    }


class Faults(list[str]):
    """The faults to come; `last` is the one of the request at hand."""

    last = ""

    def pop(self, at: SupportsIndex = -1) -> str:
        self.last = super().pop(at)
        return self.last


class CountingShop(ReceivingShop):
    """`commits` are (record, value) in the order in which they were done; requests are forgotten, so memory is flat."""

    def __init__(self, requests_kept: int = 100) -> None:
        super().__init__()
        self.commits: list[tuple[str, Any]] = []
        self.requests: Any = deque(maxlen=requests_kept)
        self.faults: Any = Faults()
        # While it is down every connection is cut; it may go down between a write and its answer.
        self.is_down = self.goes_down_after_a_write = False
        self.reads_fail = False
        # So many writes are acknowledged without a word about a record, and not done.
        self.swallows = 0
        # Records of a batch that it neither does nor mentions; products it does not have.
        self.loses: set[str] = set()
        self.missing: set[str] = set()
        # It refuses every write and quotes the credentials it was shown.
        self.quotes_credentials = False
        # It says yes to contacts and keeps none.
        self.forgets = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def unless_cut(message: Any) -> None:
            unread = self.reads_fail and scope["method"] == "GET"
            if self.is_down or unread or self.faults.last == "reset_reply":
                # As a cut wire does it: no byte of an answer; uvicorn takes what follows and sends none of it.
                self.faults.last = ""
                send.__self__.disconnected = True
                send.__self__.transport.abort()
            await send(message)

        if self.is_down:
            await unless_cut({"type": "http.response.start", "status": 200, "headers": []})
        else:
            await super().__call__(scope, receive, unless_cut)

    def handle(self, request: Mapping[str, Any]) -> Any:
        sent = request["json"] or {}
        if is_read(request):
            return super().handle(request)
        if self.swallows:
            self.swallows -= 1
            return {"status": 202}
        if self.quotes_credentials:
            return {"status": 400, **_refusal(f"not valid: {request['headers']} {request['path']}")}
        if "inputs" in sent:
            sent["inputs"] = [item for item in sent["inputs"] if item["id"] not in self.loses]
        absent = [item for item in sent.get("update", ()) if str(item["id"]) in self.missing]
        if absent:
            sent["update"] = [item for item in sent["update"] if item not in absent]
        if sent.get("data", {}).get("attributes", {}).get("email") in self.bad_records:
            return {"status": 400, "errors": [{"code": "invalid", "detail": "Invalid email address"}]}
        done = len(self.effects)
        answer = super().handle(request)
        for kind, key in self.effects[done:]:
            self.commits.append((key, self.value_of(kind, key)))
            self.is_down = self.is_down or self.goes_down_after_a_write
        if self.forgets:
            self.people.clear()
        if absent:
            answer["update"] += [{"id": item["id"], "error": NOT_FOUND} for item in absent]
        return answer

    def value_of(self, kind: str, key: str) -> Any:
        """What a write made of a record: its stock, its segment; of a document only that it was made."""
        if kind == "stock":
            return self.stock[key]
        return self.people[key].get("cartwheel_segment") if kind in ("contact", "profile") else kind

    @property
    def by_record(self) -> Counter[str]:
        """How often each record was written, whatever with."""
        return Counter(key for key, _ in self.commits)

    @property
    def counts(self) -> Counter[tuple[str, Any]]:
        return Counter(self.commits)

    def values(self, record: str) -> list[Any]:
        """Every value this record was made to hold, oldest first."""
        return [value for key, value in self.commits if key == record]


class Weather:
    """Faults that come by chance, in the place of the shop's list of them."""

    def __init__(self, share: float, seed: int, kinds: tuple[str, ...] = FAULTS) -> None:
        self.share, self.kinds, self.came = share, kinds, Counter[str]()
        self._chance = random.Random(seed)
        self.next: list[str] = []
        self.last = ""

    def __bool__(self) -> bool:
        return True

    def pop(self, at: int) -> str:
        """The fault of the next request, "" for none; one that was put into `next` comes first."""
        if self.next:
            fault = self.next.pop(0)
        else:
            fault = self._chance.choice(self.kinds) if self._chance.random() < self.share else ""
        self.came[fault or "none"] += 1
        self.last = fault
        return fault
