"""A destination for tests, over real HTTP: commits what it is told, counts effects, and fails on request.

Much smaller than the sandbox and independent of it: it knows the write calls, how each is read back, keys, natural keys
and compare-and-set.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from urllib.parse import parse_qs

import uvicorn

ITEMS = ("Product", "Discount", "Return", "Shipping", "Gift card", "Sales tax", "Tip", "Fee", "Dispute fee")
ACCOUNTS = ("1000", "1100", "1200", "2100", "2200", "4000", "6000")


class ReceivingShop:
    """`faults` are taken one per write, oldest first: lose_reply, lose_request, omit_last, garbage, or a status code."""

    def __init__(self):
        self.effects: list[tuple[str, str]] = []
        self.requests: list[dict] = []
        self.faults: list[str] = []
        self.stock: dict[str, int] = {}
        self.remaining: dict[str, int] = {}
        self.parcels: list[str] = []
        self.documents: list[dict] = []
        self.people: dict[str, dict] = {}
        self.customers: list[str] = []
        self.bad_records: set[str] = set()
        # Accepted in words and not kept, as a CRM does with a property that an admin made read-only.
        self.dropped_properties: set[str] = set()
        self.answered: dict[str, dict] = {}
        # Records that an answer about several passes over, as it does with merged ones.
        self.unmentioned: set[str] = set()
        # It lets nobody read any more.
        self.refuses_reads = False
        # It does what it is told, or looks up what it is asked, and takes its time to say so.
        self.holds_answers = self.holds_reads = False

    def __enter__(self):
        config = uvicorn.Config(self, host="127.0.0.1", port=0, log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *ended):
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def count(self, kind: str, key: str) -> int:
        return self.effects.count((kind, key))

    async def __call__(self, scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        request = {
            "method": scope["method"],
            "path": scope["path"],
            "query": query,
            "headers": {name.decode(): value.decode() for name, value in scope["headers"]},
            "json": json.loads(body) if body else None,
        }
        self.requests.append(request)
        reads = is_read(request)
        fault = self.faults.pop(0) if self.faults and not reads else ""
        if fault == "lose_request":
            return await _cut(send)
        if reads and self.refuses_reads:
            return await _answer(send, 401, {"message": "who are you"})
        if fault.isdigit() and fault != "500":
            return await _answer(send, int(fault), {"message": "not now"}, [(b"retry-after", b"0")])
        answer = self.handle(request)
        while self.holds_reads if reads else self.holds_answers:
            await asyncio.sleep(0.005)
        if fault == "lose_reply":
            return await _cut(send)
        if fault == "500":
            return await _answer(send, 500, {"message": "broken after the work was done"})
        if fault == "garbage":
            return await _answer(send, 200, "<html>")
        if fault == "omit_last":
            (answer.get("results") or answer.get("update"))[-1:] = []
        if fault == "slow":
            await asyncio.sleep(0.05)
        return await _answer(send, answer.pop("status", 200), answer)

    def handle(self, request) -> dict:
        path, sent = request["path"], request["json"]
        if path.endswith("/graphql.json"):
            return self.graphql(sent["query"], sent["variables"])
        if path == "/crm/v3/objects/contacts/batch/read":
            return self.contacts_of([item["id"] for item in sent["inputs"]])
        if path.startswith("/crm/v3/objects/contacts/batch/"):
            return self.contacts(sent["inputs"], may_create=path.endswith("upsert"))
        if path.startswith("/crm/v3/objects/contacts/"):
            return self.contact(path.rsplit("/", 1)[1])
        if path == "/api/profile-import":
            return self.profile(sent["data"]["attributes"])
        if path == "/api/profiles":
            return self.profiles(request["query"]["filter"].split('"')[1::2])
        if path.startswith("/wp-json/wc/v3/products"):
            # A variation's record names its product: 900/7.
            under = path.partition("/products/")[2].partition("variations/")[0] if "/variations/" in path else ""
            return self.products(sent["update"], under) if sent else self.product(under, path.rsplit("/", 1)[1])
        if path.endswith("/query"):
            return self.books_query(request["query"]["query"])
        return self.book(path.rsplit("/", 1)[1], request["query"]["requestid"], sent)

    def contacts(self, inputs, may_create) -> dict:
        results, errors = [], []
        for item in inputs:
            email, category = item["id"], None
            if email in self.bad_records:
                category = ("VALIDATION_ERROR", "invalid email")
            elif not may_create and email not in self.people:
                category = ("OBJECT_NOT_FOUND", "no such contact")
            if category:
                trace = {"objectWriteTraceId": [item["objectWriteTraceId"]]}
                errors.append({"category": category[0], "message": category[1], "context": trace})
                continue
            self.effects.append(("contact", email))
            kept = {name: value for name, value in item["properties"].items() if name not in self.dropped_properties}
            self.people.setdefault(email, {}).update(kept)
            result = {"id": f"c-{email}", "properties": {"email": email}}
            results.append({**result, "objectWriteTraceId": item["objectWriteTraceId"]})
        return {"status": 207 if errors else 200, "results": results, "errors": errors}

    def contact(self, email) -> dict:
        if email not in self.people:
            return {"status": 404, "category": "OBJECT_NOT_FOUND", "message": "resource not found"}
        return {"id": f"c-{email}", "properties": dict(self.people[email])}

    def contacts_of(self, emails) -> dict:
        there = [email for email in emails if email in self.people and email not in self.unmentioned]
        absent = [email for email in emails if email not in self.people and email not in self.unmentioned]
        shown = [{"id": f"c-{key}", "properties": {**self.people[key], "email": key}} for key in there]
        errors = (
            [{"category": "OBJECT_NOT_FOUND", "message": "not there", "context": {"ids": absent}}] if absent else []
        )
        return {"status": 207 if errors else 200, "results": shown, "errors": errors}

    def profile(self, attributes) -> dict:
        email = attributes["email"]
        self.effects.append(("profile", email))
        self.people.setdefault(email, {}).update(attributes["properties"])
        return {"data": {"id": f"profile-{email}"}}

    def profiles(self, emails) -> dict:
        held = {email: self.people[email] for email in emails if email in self.people}
        shown = [{"id": f"profile-{key}", "attributes": {"email": key, "properties": held[key]}} for key in held]
        return {"data": shown}

    def product(self, under, number) -> dict:
        return {"id": int(number), "manage_stock": True, "stock_quantity": self.stock.get(f"{under}{number}", 1)}

    def products(self, updates, under) -> dict:
        for item in updates:
            if f"{under}{item['id']}" in self.bad_records:
                # A site that refuses the whole batch and does not say which record it is about.
                return {"status": 400, "code": "rest_invalid_param", "message": "invalid parameter"}
        for item in updates:
            self.stock[f"{under}{item['id']}"] = item["stock_quantity"]
            self.effects.append(("stock", f"{under}{item['id']}"))
        return {"update": [{"id": item["id"]} for item in updates]}

    def graphql(self, document, variables) -> dict:
        if "inventorySetQuantities" in document:
            return {"data": {"inventorySetQuantities": self.set_quantities(variables)}}
        if document.startswith("query StockLevels"):
            places = [name.removeprefix("item") for name in variables if name.startswith("item")]
            ask = {place: (variables[f"item{place}"], variables[f"location{place}"]) for place in places}
            return {"data": {f"level{place}": self.level(*of) for place, of in ask.items()}}
        if "inventoryItem(" in document:
            return {"data": {"inventoryItem": self.level(variables["item"], variables["location"])}}
        if "fulfillmentCreate" in document:
            return {"data": {"fulfillmentCreate": self.fulfil(variables["fulfillment"])}}
        lines = [{"id": key, "remainingQuantity": value} for key, value in self.remaining.items()]
        parcels = [
            {"id": f"f-{number}", "status": "SUCCESS", "trackingInfo": [{"number": number, "company": "UPS"}]}
            for number in self.parcels
        ]
        return {"data": {"order": {"fulfillments": parcels}, "fulfillmentOrder": {"lineItems": {"nodes": lines}}}}

    def level(self, item, location) -> dict:
        quantity = self.stock.get(f"{item}|{location}", 0)
        return {"inventoryLevel": {"id": "level", "quantities": [{"name": "available", "quantity": quantity}]}}

    def set_quantities(self, variables) -> dict:
        key = variables["idempotencyKey"]
        if key in self.answered:
            return self.answered[key]
        quantities = variables["input"]["quantities"]
        errors = []
        for at, item in enumerate(quantities):
            held = self.stock.get(f"{item['inventoryItemId']}|{item['locationId']}", 0)
            if item["changeFromQuantity"] is not None and item["changeFromQuantity"] != held:
                field = ["input", "quantities", str(at), "changeFromQuantity"]
                errors.append({"code": "CHANGE_FROM_QUANTITY_STALE", "field": field, "message": "stale"})
            elif f"{item['inventoryItemId']}|{item['locationId']}" in self.bad_records:
                field = ["input", "quantities", str(at), "quantity"]
                errors.append({"code": "INVALID_QUANTITY_TOO_HIGH", "field": field, "message": "too high"})
        if errors:
            return {"userErrors": errors}
        for item in quantities:
            record = f"{item['inventoryItemId']}|{item['locationId']}"
            self.stock[record] = item["quantity"]
            self.effects.append(("stock", record))
        self.answered[key] = {"inventoryAdjustmentGroup": {"id": "gid://shopify/Group/1"}, "userErrors": []}
        return self.answered[key]

    def fulfil(self, fulfilment) -> dict:
        lines = fulfilment["lineItemsByFulfillmentOrder"][0]["fulfillmentOrderLineItems"]
        if any(self.remaining.get(line["id"], 0) < line["quantity"] for line in lines):
            return {"fulfillment": None, "userErrors": [{"field": None, "message": "nothing left to fulfil"}]}
        for line in lines:
            self.remaining[line["id"]] -= line["quantity"]
        number = fulfilment["trackingInfo"]["number"]
        self.parcels.append(number)
        self.effects.append(("fulfilment", number))
        return {"fulfillment": {"id": f"f-{number}"}, "userErrors": []}

    def books_query(self, statement) -> dict:
        if "from Item" in statement:
            return self.page("Item", [{"Id": f"i{at}", "Name": name} for at, name in enumerate(ITEMS)], statement)
        if "from Account" in statement:
            rows = [{"Id": f"a{number}", "AcctNum": number} for number in ACCOUNTS]
            return self.page("Account", rows, statement)
        if "from Customer" in statement:
            rows = [{"Id": str(at), "DisplayName": name} for at, name in enumerate(self.customers)]
            return self.page("Customer", rows, statement)
        field, wanted = statement.split(" where ")[1].split()[0], statement.split("'")[1::2]
        found = [document for document in self.documents if document.get(field) in wanted]
        if " in (" in statement:
            found = [document for document in found if document["PrivateNote"] not in self.unmentioned]
            if self.unmentioned:
                # A full page, of documents that somebody typed in under the same numbers.
                found += [{"Id": "0", field: wanted[0], "PrivateNote": ""}] * (1000 - len(found))
        return {"QueryResponse": {statement.split()[3]: found} if found else {}}

    def page(self, entity, rows, statement) -> dict:
        start = int(statement.split("startposition ")[1].split()[0])
        shown = rows[start - 1 : start + 999]
        return {"QueryResponse": {entity: shown, "startPosition": start, "maxResults": len(shown)} if shown else {}}

    def book(self, entity, key, sent) -> dict:
        name = {"salesreceipt": "SalesReceipt", "refundreceipt": "RefundReceipt", "deposit": "Deposit"}[entity]
        if key not in self.answered and sent["PrivateNote"] in self.bad_records:
            return {"status": 400, "Fault": {"Error": [{"code": "6000", "Message": "m", "Detail": "business rule"}]}}
        if key not in self.answered:
            total = round(sum(line["Amount"] for line in sent["Line"]), 2)
            document = {**sent, "Id": str(len(self.documents) + 1), "TotalAmt": total}
            self.documents.append(document)
            self.effects.append((entity, sent["PrivateNote"]))
            self.answered[key] = {name: document}
        return dict(self.answered[key])


def is_read(request) -> bool:
    asks = "query " in str((request["json"] or {}).get("query", ""))[:10]
    return request["method"] == "GET" or asks or request["path"].endswith("/batch/read")


async def _answer(send, status, value, headers=()):
    body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    kind = [(b"content-type", b"application/json"), (b"x-request-id", b"r-1"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": kind})
    await send({"type": "http.response.body", "body": body})


async def _cut(send):
    """Promise more bytes than are sent: the connection breaks in the middle of the answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": False})
