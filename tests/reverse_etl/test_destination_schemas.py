"""What we send, judged by the vendors' own schemas where those files are at hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from reverse_etl.destinations.shopify import fulfilments, graphql, product_visibility, stock_levels
from reverse_etl.plan import Action
from tests.reverse_etl.destination_cases import KEY, SYNCS, batch, request, write
from tests.reverse_etl.error_rows import ROWS

SHARED = Path(__file__).resolve().parents[3] / "shared" / "contracts"


def contract(path):
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"the vendors' contract files are not here ({path})")
    return file


@pytest.fixture(scope="module")
def shop():
    from graphql import build_client_schema

    with gzip.open(contract(f"shopify/admin_{graphql.API_VERSION}.introspection.json.gz")) as file:
        read = json.load(file)
    return build_client_schema(read.get("data", read))


@pytest.fixture(scope="module")
def mail():
    with gzip.open(contract("klaviyo/stable.json.gz")) as file:
        return json.load(file)


@pytest.mark.parametrize(
    "document",
    [
        stock_levels.SET_QUANTITIES,
        stock_levels.STOCK_LEVEL,
        fulfilments.CREATE_FULFILMENT,
        fulfilments.FULFILMENTS,
        product_visibility.SET_STATUS,
        product_visibility.STATUS_OF,
    ],
)
def test_shopify_documents_are_valid_in_its_schema(shop, document):
    from graphql import parse, validate

    assert validate(shop, parse(document)) == []


@pytest.mark.parametrize("name", [name for name in SYNCS if name.startswith("shopify")])
def test_shopify_variables_fit_their_types(shop, name):
    from graphql import parse
    from graphql.execution.values import get_variable_values

    for sent in (request(name).json, write(name).read_back.encode(batch(name)[0], {}).json):
        variables = parse(sent["query"]).definitions[0].variable_definitions
        result = get_variable_values(shop, variables, sent["variables"])
        assert isinstance(result, dict), result


def test_every_error_code_of_the_stock_mutation_has_its_row(shop):
    codes = set(shop.type_map["InventorySetQuantitiesUserErrorCode"].values)
    assert codes <= set(ROWS["shopify"])


def schema(document, name):
    """One schema of an OpenAPI file, with its references made local to a JSON Schema."""
    text = json.dumps(document["components"]["schemas"]).replace("#/components/schemas/", "#/$defs/")
    return {"$defs": json.loads(text), "$ref": f"#/$defs/{name}"}


def taken_back(name, size):
    return write(name).encode_delete(batch(name, size, Action.DELETE), KEY, {})


def test_hubspot_bodies_fit_the_batch_schemas():
    from jsonschema import validate

    document = json.loads(contract("hubspot/crm_v3_orders.json").read_text())
    validate(request("hubspot__contacts", 3).json, schema(document, "BatchInputSimplePublicObjectBatchInputUpsert"))
    validate(taken_back("hubspot__contacts", 3).json, schema(document, "BatchInputSimplePublicObjectBatchInput"))


def test_hubspot_contacts_are_read_as_the_vendor_lets_them_be_read():
    text = contract("hubspot/crm_v3_contact.yaml").read_text()
    assert "'/crm/v3/objects/contacts/{contactId}':" in text
    asked = write("hubspot__contacts").read_back.encode(batch("hubspot__contacts")[0], {})
    assert all(f"- name: {name}\n" in text for name in asked.params)


def test_klaviyo_bodies_fit_the_import_schema(mail):
    from jsonschema import validate

    fitting = schema(mail, "ProfileUpsertQuery")
    validate(request("klaviyo__profiles").json, fitting)
    validate(taken_back("klaviyo__profiles", 1).json, fitting)


def test_klaviyo_profiles_are_read_as_the_vendor_lets_them_be_read(mail):
    asked = write("klaviyo__profiles").read_back.encode(batch("klaviyo__profiles")[0], {})
    known = {parameter["name"]: parameter for parameter in mail["paths"][asked.path]["get"]["parameters"]}
    assert set(asked.params) <= set(known)
    assert "`email`: `any`, `equals`" in known["filter"]["description"]
    fields = known["fields[profile]"]["schema"]["items"]["enum"]
    assert set(asked.params["fields[profile]"].split(",")) <= set(fields)


def test_woocommerce_requests_fit_its_routes():
    from jsonschema import validate

    document = json.loads(contract("woocommerce/woocommerce_wc-v3_derived_openapi.json").read_text())
    paths = document["paths"]
    posted = paths["/wp-json/wc/v3/products/{product_id}/variations/batch"]["post"]["requestBody"]
    validate(request("woocommerce__stock_levels", 3).json, posted["content"]["application/json"]["schema"])
    for route in ("/products/{id}", "/products/{product_id}/variations/{id}"):
        assert "get" in paths[f"/wp-json/wc/v3{route}"]
