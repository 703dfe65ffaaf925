"""A vendor's OpenAPI 3.0 file as a judge of real messages: answers, JSON bodies and form-encoded parameters.

JSON Schema knows neither `nullable` nor `discriminator`, and OpenAPI 3.0 ignores the siblings of `$ref`; both are settled
while a schema is prepared. References stay inside the file. Use it for the twin's answers and for a client's requests.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

CONTRACTS = Path(__file__).resolve().parents[3] / "shared" / "contracts"
FORM = "application/x-www-form-urlencoded"


def contract(relative: str, prefix: str = "", ignored_required: Iterable[str] = ()) -> Contract:
    """The contract of a file under shared/contracts; skips the test where the folder is missing."""
    path = CONTRACTS / relative
    if not path.exists():
        pytest.skip(f"vendor contract {relative} is not on this machine")
    return Contract(_load(path), prefix, frozenset(ignored_required))


@cache
def _load(path: Path) -> dict[str, Any]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    name = path.name.removesuffix(".gz")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = json.loads(raw) if name.endswith(".json") else yaml.load(raw, Loader=loader)
    return document


class Contract:
    """One OpenAPI 3.0 document.

    prefix: what the file's paths lack compared with the twin's.
    ignored_required: schema names whose `required` is known to be wrong ("*" for all of them).
    """

    def __init__(
        self, document: dict[str, Any], prefix: str = "", ignored_required: frozenset[str] = frozenset()
    ) -> None:
        self.document, self.prefix, self._ignored = document, prefix, ignored_required

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation that serves a concrete path."""
        wanted = path.removeprefix(self.prefix)
        for template, item in sorted(self.document["paths"].items(), key=lambda pair: pair[0].count("{")):
            pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, wanted, re.IGNORECASE) and method.lower() in item:
                operation: dict[str, Any] = dict(item[method.lower()])
                operation["parameters"] = [
                    self.resolve(parameter)
                    for parameter in (*item.get("parameters", []), *operation.get("parameters", []))
                ]
                return operation
        raise AssertionError(f"the contract has no {method} {wanted}")

    def problems_of_answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer's body; empty when it conforms."""
        responses = self.operation(method, path)["responses"]
        keys = (str(status), f"{status // 100}XX", "default")
        response = next((self.resolve(responses[key]) for key in keys if key in responses), None)
        if response is None:
            return [f"status {status} is not in the contract: {sorted(responses)}"]
        schema = _schema_of(response.get("content") or {})
        return self.problems(body, schema) if schema is not None else []

    def problems_of_body(self, method: str, path: str, body: Any) -> list[str]:
        """What is wrong with a JSON request body."""
        request = self.resolve(self.operation(method, path).get("requestBody") or {})
        schema = _schema_of(request.get("content") or {})
        return self.problems(body, schema) if schema is not None else [f"{method} {path} takes no body"]

    def problems_of_form(self, method: str, path: str, encoded: str) -> list[str]:
        """What is wrong with a form-encoded body, unknown fields included."""
        request = self.resolve(self.operation(method, path).get("requestBody") or {})
        schema = self.resolve((request.get("content") or {}).get(FORM, {}).get("schema") or {})
        return self.problems(_typed(nested(encoded), schema, self), schema)

    def problems_of_query(self, method: str, path: str, query: Mapping[str, str]) -> list[str]:
        """Query parameters that the contract does not know, values that don't fit, required ones that are missing."""
        declared = {
            item["name"].lower(): item
            for item in self.operation(method, path)["parameters"]
            if item.get("in") == "query"
        }
        found = []
        for name, value in query.items():
            known = declared.get(name.lower()) or declared.get(name.split("[")[0].lower())
            if known is None:
                found.append(f"unknown query parameter {name}")
                continue
            schema = self.resolve(known.get("schema") or {})
            if schema.get("type") == "integer" and not re.fullmatch(r"-?\d+", value):
                found.append(f"{name} is not an integer: {value}")
            if "enum" in schema and value not in map(str, schema["enum"]):
                found.append(f"{name} is not one of {schema['enum']}: {value}")
        given = {name.lower() for name in query}
        found += [
            f"missing query parameter {item['name']}"
            for key, item in declared.items()
            if item.get("required") and key not in given
        ]
        return found

    def problems(self, value: Any, schema: Mapping[str, Any] | str) -> list[str]:
        """What is wrong with a value by a schema, or by the name of a component schema."""
        if isinstance(schema, str):
            schema = {"$ref": f"#/components/schemas/{schema}"}
        prepared = self._prepared(schema, None)
        validator = Draft202012Validator({**prepared, "$defs": self._reachable(prepared)})
        plain = _plain(value)
        return [
            f"{'/'.join(map(str, error.absolute_path)) or '(root)'}: {_short(error)}"
            for error in validator.iter_errors(plain)
        ]

    def resolve(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """The node, following its `$ref` if it is one."""
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return dict(node)

    def _reachable(self, prepared: Mapping[str, Any]) -> dict[str, Any]:
        """Prepared component schemas that a prepared schema needs, by name."""
        done: dict[str, Any] = {}
        waiting = _references(prepared)
        while waiting:
            name = waiting.pop()
            if name not in done:
                done[name] = self._prepared(self.document["components"]["schemas"][name], name)
                waiting |= _references(done[name]) - set(done)
        return done

    def _prepared(self, schema: Any, name: str | None) -> Any:
        """The schema as JSON Schema 2020-12 understands it."""
        if isinstance(schema, list):
            return [self._prepared(part, name) for part in schema]
        if not isinstance(schema, Mapping):
            return schema
        if isinstance(schema.get("$ref"), str):
            target = {"$ref": "#/$defs/" + schema["$ref"].rsplit("/", 1)[-1]}
            return {"anyOf": [target, {"type": "null"}]} if schema.get("nullable") else target
        made: dict[str, Any] = {}
        for key, part in schema.items():
            if key in {
                "nullable",
                "example",
                "examples",
                "discriminator",
                "xml",
                "description",
                "title",
            } and not _is_properties(schema, key):
                continue
            if key == "required" and isinstance(part, list) and ({"*", name} & self._ignored):
                continue
            if key == "properties" and isinstance(part, Mapping):
                made[key] = {inner: self._prepared(item, name) for inner, item in part.items()}
            elif key in {"enum", "default", "required"}:
                made[key] = part
            else:
                made[key] = self._prepared(part, name)
        return _nullable(made) if schema.get("nullable") is True else made


def _is_properties(schema: Mapping[str, Any], key: str) -> bool:
    """A property may be called `description`; then the surrounding mapping is not a schema."""
    return isinstance(schema.get(key), Mapping) and "type" not in schema and "properties" not in schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Null allowed too; a list of types where possible, because its messages name the field that is wrong."""
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    wider = {**schema, "type": [schema["type"], "null"]}
    return {**wider, "enum": [*schema["enum"], None]} if "enum" in schema else wider


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_references, node)) if node else set()
    if not isinstance(node, Mapping):
        return set()
    own = {node["$ref"].rsplit("/", 1)[-1]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(_references, node.values())) if node else own


def _schema_of(content: Mapping[str, Any]) -> Any:
    for kind in ("application/json", "application/vnd.api+json", "*/*"):
        if kind in content:
            return content[kind].get("schema")
    return None


def _plain(value: Any) -> Any:
    """Decimals as numbers: the schema's `number`, and `integer` where nothing follows the point."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def nested(encoded: str) -> dict[str, Any]:
    """`metadata[order]=1&expand[]=charge` → {"metadata": {"order": "1"}, "expand": ["charge"]}."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded)):
        first, *rest = re.findall(r"[^\[\]]+|\[\]", name)
        place: Any = result
        keys = [first, *rest]
        for key, following in zip(keys, [*keys[1:], None], strict=True):
            if following is None:
                place.append(value) if key == "[]" else place.__setitem__(key, value)
            else:
                place = place.setdefault(key, [] if following == "[]" else {})
    return result


def _typed(value: Any, schema: Mapping[str, Any], contract: Contract) -> Any:
    """Form values are text: give them the type that the schema asks for, where they can have it."""
    schema = contract.resolve(schema)
    if isinstance(value, dict):
        inner = schema.get("properties") or {}
        return {key: _typed(part, inner.get(key, {}), contract) for key, part in value.items()}
    if isinstance(value, str) and schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if isinstance(value, str) and schema.get("type") == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value


def _short(error: Any) -> str:
    """The innermost reason, with its path."""
    inner = best_match(error.context) if error.context else None
    if inner is None:
        return str(error.message[:200])
    return f"{'/'.join(map(str, inner.absolute_path))}: {inner.message[:200]}"
