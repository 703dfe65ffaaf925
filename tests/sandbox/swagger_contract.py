"""A vendor's Swagger 2.0 file as the judge that openapi_contract is: the same document in the words of OpenAPI 3.0."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.sandbox.openapi_contract import Contract, contract


def swagger(relative: str) -> Contract:
    """The contract of a Swagger 2.0 file under shared/contracts; skips the test where the folder is missing."""
    return Contract(as_openapi_3(contract(relative).document))


def as_openapi_3(document: Mapping[str, Any]) -> dict[str, Any]:
    """Definitions become component schemas, a body parameter the request body, a response's schema its content."""
    moved = json.loads(json.dumps(document).replace('"#/definitions/', '"#/components/schemas/'))
    paths = {
        path: {method: _operation(found) for method, found in item.items() if isinstance(found, dict)}
        for path, item in moved["paths"].items()
    }
    return {"paths": paths, "components": {"schemas": moved["definitions"]}}


def _operation(found: Mapping[str, Any]) -> dict[str, Any]:
    said = {key: value for key, value in found.items() if key not in {"parameters", "responses"}}
    parameters = found.get("parameters", [])
    said["parameters"] = [_parameter(item) for item in parameters if item.get("in") != "body"]
    for item in parameters:
        if item.get("in") == "body":
            said["requestBody"] = {"content": {"application/json": {"schema": item["schema"]}}}
    said["responses"] = {
        status: {"content": {"application/json": {"schema": answer["schema"]}}} if "schema" in answer else {}
        for status, answer in found["responses"].items()
    }
    return said


def _parameter(item: Mapping[str, Any]) -> dict[str, Any]:
    described = ("type", "enum", "items", "format", "maxItems")
    return {
        "name": item["name"],
        "in": item["in"],
        "required": item.get("required", False),
        "schema": {key: item[key] for key in described if key in item},
    }
