"""Our part of the Admin schema is the vendor's: same types, fields and arguments; and answers fit the vendor's schema."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_client_schema,
    get_named_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate,
)
from graphql.language.ast import FieldNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode

from sandbox.platforms.shopify import schema
from sandbox.server import Sandbox
from tests.sandbox.shopify_client import DOCUMENTS, FULFIL, ORDERS, PEOPLE_AND_PLACES, SET_STOCK, STOCK, ask

CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "shopify" / "admin_2026-10.introspection.json.gz"


@pytest.fixture(scope="module")
def vendor() -> GraphQLSchema:
    if not CONTRACT.exists():
        pytest.skip("the vendor's introspection is not beside the checkout (../shared/contracts/shopify)")
    content = json.loads(gzip.decompress(CONTRACT.read_bytes()))
    return build_client_schema(content.get("data", content), assume_valid=True)


def test_every_type_field_and_argument_is_the_vendors(vendor: GraphQLSchema) -> None:
    for name, ours in schema().type_map.items():
        if name.startswith("__"):
            continue
        theirs = vendor.type_map.get(name)
        assert theirs is not None, name
        assert type(theirs) is type(ours), name
        if isinstance(ours, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in ours.fields.items():
                assert field_name in theirs.fields, f"{name}.{field_name}"
                assert str(theirs.fields[field_name].type) == str(field.type), f"{name}.{field_name}"
                for argument, definition in field.args.items():
                    assert argument in theirs.fields[field_name].args, f"{name}.{field_name}({argument})"
                    their_argument = theirs.fields[field_name].args[argument]
                    assert str(their_argument.type) == str(definition.type), f"{name}.{field_name}({argument})"
                    assert their_argument.default_value == definition.default_value
        elif isinstance(ours, GraphQLInputObjectType):
            for field_name, field in ours.fields.items():
                assert str(theirs.fields[field_name].type) == str(field.type), f"{name}.{field_name}"
            missing = [f for f, d in theirs.fields.items() if is_non_null_type(d.type) and f not in ours.fields]
            assert not missing, f"{name} lacks required {missing}"
        elif isinstance(ours, GraphQLEnumType):
            assert set(ours.values) <= set(theirs.values), name
        elif isinstance(ours, GraphQLUnionType):
            assert {t.name for t in ours.types} <= {t.name for t in theirs.types}
    assert str(vendor.get_directive("idempotent").args["key"].type) == "String!"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_same_queries_are_valid_at_the_vendor(vendor: GraphQLSchema, document: str) -> None:
    assert validate(vendor, parse(document)) == []


def conforms(vendor: GraphQLSchema, kind: Any, selected: SelectionSetNode | None, value: Any, path: str) -> None:
    """The value has the vendor's type, field by field of what was selected."""
    if is_non_null_type(kind):
        assert value is not None, path
        return conforms(vendor, kind.of_type, selected, value, path)
    if value is None:
        return None
    if is_list_type(kind):
        assert isinstance(value, list), path
        for place, item in enumerate(value):
            conforms(vendor, kind.of_type, selected, item, f"{path}[{place}]")
    elif isinstance(kind, GraphQLEnumType):
        assert value in kind.values, f"{path}: {value}"
    elif isinstance(kind, GraphQLScalarType):
        wanted: Any = {"Int": int, "Float": (int, float), "Boolean": bool}.get(kind.name, str)
        assert isinstance(value, wanted), f"{path}: {value!r} is not {kind.name}"
    else:
        assert selected is not None
        for node in selected.selections:
            if isinstance(node, FieldNode):
                name = node.name.value
                conforms(vendor, kind.fields[name].type, node.selection_set, value[name], f"{path}.{name}")
            elif isinstance(node, InlineFragmentNode):
                conforms(
                    vendor,
                    get_named_type(vendor.type_map[node.type_condition.name.value]),
                    node.selection_set,
                    value,
                    path,
                )
    return None


@pytest.mark.parametrize(
    ("document", "variables"), [(ORDERS, {"first": 250}), (STOCK, {"first": 100}), (PEOPLE_AND_PLACES, {})]
)
def test_answers_conform_to_the_vendors_schema(
    vendor: GraphQLSchema, untouched: Sandbox, document: str, variables: dict[str, Any]
) -> None:
    operation = parse(document).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    conforms(vendor, vendor.query_type, operation.selection_set, ask(untouched, document, **variables), "query")


def test_refusals_of_mutations_conform_too(vendor: GraphQLSchema, untouched: Sandbox) -> None:
    nowhere = {
        "inventoryItemId": "gid://shopify/InventoryItem/1",
        "locationId": "gid://shopify/Location/1",
        "quantity": 1,
    }
    bad_stock = {"name": "available", "reason": "correction", "quantities": [nowhere]}
    bad_box = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}]}
    for document, variables in ((SET_STOCK, {"input": bad_stock, "key": "k"}), (FULFIL, {"fulfillment": bad_box})):
        operation = parse(document).definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        conforms(
            vendor, vendor.mutation_type, operation.selection_set, ask(untouched, document, **variables), "mutation"
        )
