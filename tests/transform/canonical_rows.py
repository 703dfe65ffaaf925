"""Canonical rows in, marts out: builds the marts' own SQL over hand-written rows in an in-memory DuckDB.

The models' files are rendered with the project's macros and run in the order of their refs, so a test names only the
rows it is about. What dbt adds (contracts, tests, schemas) is proved by building the whole project elsewhere.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml

TRANSFORM = Path(__file__).resolve().parents[2] / "transform"

COLUMNS = {
    "can_orders": "order_id platform account_id entity_id channel platform_order_id order_number placed_at order_date"
    " cancelled_at updated_at is_test is_b2b payment_terms currency_code platform_customer_id customer_email"
    " customer_phone shipping_country_code shipping_postcode shipping_address_key order_payment_status"
    " order_fulfilment_status is_tax_included total_minor tax_minor",
    "can_order_lines": "order_line_id order_id platform account_id entity_id platform_line_id line_type sku title"
    " quantity unit_price_minor gross_minor discount_minor net_minor tax_minor currency_code",
    "can_order_payments": "order_payment_id order_id platform account_id entity_id platform_payment_id payment_type"
    " payment_status tender_type gateway amount_minor currency_code processed_at processor_reference",
    "can_refunds": "refund_id order_id platform account_id entity_id platform_refund_id refunded_at refund_date"
    " refund_status tender_type amount_minor currency_code processor_reference reason",
    "can_refund_lines": "refund_line_id refund_id order_id order_line_id platform account_id entity_id line_type sku"
    " quantity net_minor tax_minor restock_type currency_code",
    "can_processor_movements": "movement_id platform account_id entity_id platform_movement_id movement_type"
    " amount_minor fee_minor processing_fee_minor dispute_fee_minor net_minor currency_code occurred_at movement_date"
    " available_at platform_source_id charge_reference payment_intent_reference order_reference payout_id description",
    "can_payouts": "payout_id platform account_id entity_id platform_payout_id payout_status is_automatic amount_minor"
    " currency_code created_at arrival_date reference",
    "can_disputes": "dispute_id platform account_id entity_id platform_dispute_id charge_reference dispute_status"
    " reason amount_minor currency_code opened_at",
    "can_bank_lines": "bank_line_id platform account_id entity_id platform_bank_line_id value_date amount_minor"
    " currency_code description reference",
    "can_book_documents": "document_id platform account_id entity_id platform_document_id document_type"
    " document_number document_date currency_code total_minor party_name memo sync_token updated_at is_deleted",
    "can_book_lines": "book_line_id document_id platform account_id entity_id line_number account_number account_name"
    " signed_minor item_name description currency_code",
    "can_parcels": "parcel_id platform account_id entity_id platform_parcel_id order_id order_number tracking_number"
    " carrier shipment_status shipped_at delivered_at voided_at cost_minor currency_code updated_at",
    "can_parcel_lines": "parcel_line_id parcel_id platform account_id sku quantity",
    "can_storefront_fulfilments": "storefront_fulfilment_id order_id platform account_id platform_fulfilment_id"
    " fulfilment_status tracking_number carrier fulfilled_at",
    "can_fulfilment_orders": "fulfilment_order_line_id order_id platform account_id fulfilment_order_gid"
    " fulfilment_order_line_gid platform_line_id sku remaining_quantity fulfilment_order_status"
    " location_id",
    "can_stock_levels": "stock_level_id platform account_id entity_id sku location_id is_enabled on_hand damaged"
    " quality_control reserved incoming as_of_at",
    "can_stock_holds": "stock_hold_id platform account_id entity_id sku location_id damaged quality_control reserved"
    " safety",
    "can_channel_listings": "listing_id platform account_id entity_id channel sku location_id platform_product_id"
    " platform_variant_id inventory_item_gid location_gid listed_quantity is_tracked updated_at",
    "can_customers": "customer_record_id platform account_id platform_customer_id email phone first_name last_name"
    " created_at updated_at",
    "can_contacts": "contact_id platform account_id platform_contact_id email segment r_score f_score m_score"
    " as_of_date net_revenue_minor orders_count rule_version email_consent is_archived updated_at",
    "fct_net_revenue": "entity_id channel order_id order_line_id event_type event_date currency_code quantity"
    " net_revenue_minor tax_minor discount_minor",
}

DEFAULTS: dict[str, Any] = {
    "platform": "shopify",
    "account_id": "main",
    "entity_id": "main",
    "channel": "shopify",
    "currency_code": "USD",
    "is_test": False,
    "is_b2b": False,
    "is_deleted": False,
    "is_archived": False,
    "is_enabled": True,
    "is_tracked": True,
    "line_type": "product",
    "tax_minor": 0,
    "discount_minor": 0,
    "order_payment_status": "paid",
    "order_fulfilment_status": "unfulfilled",
    "payment_type": "sale",
    "payment_status": "succeeded",
    "tender_type": "card",
    "refund_status": "succeeded",
    "payout_status": "paid",
}

_WHOLE = {"quantity", "on_hand", "damaged", "incoming", "reserved", "safety", "quality_control", "remaining_quantity"}
_WHOLE |= {"listed_quantity", "line_number", "r_score", "f_score", "m_score", "orders_count"}


def column_type(name: str) -> str:
    """The DuckDB type that the naming rules promise for a column."""
    if name.endswith("_minor") or name in _WHOLE:
        return "bigint"
    if name.startswith(("is_", "has_")):
        return "boolean"
    if name.endswith("_at"):
        return "timestamp"
    return "date" if name.endswith("_date") else "varchar"


class CanonicalRows:
    """Tables of canonical rows and the marts built from them; rows not given are empty tables."""

    def __init__(self, **variables: Any) -> None:
        """Read the project's macros and defaults; `variables` override its vars."""
        project = yaml.safe_load((TRANSFORM / "dbt_project.yml").read_text())
        self.variables = project["vars"] | {"as_of": ""} | variables
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'")
        self.built: set[str] = set()
        self._models = {path.stem: path for path in (TRANSFORM / "models").rglob("*.sql")}
        self._environment = self._make_environment()

    def rows(self, table: str, *rows: dict[str, Any]) -> CanonicalRows:
        """Put rows into a canonical table; what a row leaves out has the house default or is NULL."""
        columns = COLUMNS[table].split()
        self.connection.execute(
            f"create or replace table {table} ({', '.join(f'{c} {column_type(c)}' for c in columns)})"
        )
        for row in rows:
            assert set(row) <= set(columns), set(row) - set(columns)
            values = [row.get(column, DEFAULTS.get(column)) for column in columns]
            self.connection.execute(f"insert into {table} values ({', '.join('?' * len(columns))})", values)
        self.built.add(table)
        return self

    def seed(self, name: str, *rows: dict[str, Any]) -> CanonicalRows:
        """Load a seed's file, or these rows instead of it, with the column types its yml declares."""
        declared = yaml.safe_load((TRANSFORM / "seeds" / f"{name}.yml").read_text()) if self._has_yml(name) else {}
        types = declared["seeds"][0].get("config", {}).get("column_types", {}) if declared else {}
        with (TRANSFORM / "seeds" / f"{name}.csv").open() as file:
            reader = csv.DictReader(file)
            columns, found = list(reader.fieldnames or []), list(reader)
        spelled = ", ".join(f"{column} {types.get(column, 'varchar')}" for column in columns)
        self.connection.execute(f"create or replace table {name} ({spelled})")
        for row in rows or found:
            values = [None if row.get(column) in ("", None) else row.get(column) for column in columns]
            self.connection.execute(f"insert into {name} values ({', '.join('?' * len(columns))})", values)
        self.built.add(name)
        return self

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query whose refs (`{{ ref('fct_stock') }}`) are built first."""
        return self.connection.execute(self.rendered(sql)).fetchall()

    def build(self, model: str) -> None:
        """Build a model, its refs first, once."""
        if model in self.built:
            return
        self.built.add(model)
        if model.startswith("can_"):
            self.rows(model)
        elif (TRANSFORM / "seeds" / f"{model}.csv").exists():
            self.seed(model)
        else:
            self.connection.execute(f"create table {model} as {self.rendered(self._models[model].read_text())}")

    def _make_environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
        environment.globals.update(
            var=self._var,
            ref=self._ref,
            adapter=_Adapter(environment),
            config=lambda **_: "",
            **{"return": lambda x: x},
        )
        macros = "".join(path.read_text() for path in sorted((TRANSFORM / "macros").glob("*.sql")))
        environment.globals.update(environment.from_string(macros).make_module().__dict__)
        return environment

    def rendered(self, sql: str) -> str:
        """SQL with its macros applied and its refs built."""
        return self._environment.from_string(sql).render()

    def _var(self, name: str, default: Any = None) -> Any:
        return self.variables.get(name, default)

    def _ref(self, name: str) -> str:
        self.build(name)
        return name

    @staticmethod
    def _has_yml(name: str) -> bool:
        return (TRANSFORM / "seeds" / f"{name}.yml").exists()


class _Adapter:
    """dbt's macro dispatch, for the default engine."""

    def __init__(self, environment: jinja2.Environment) -> None:
        self._environment = environment

    def dispatch(self, name: str, _project: str) -> Any:
        return self._environment.globals[f"default__{name}"]
