"""The tables whose names and columns stay: others build on them, so losing one is a breaking change."""

from __future__ import annotations

STABLE_TABLES = {
    "fct_net_revenue": "entity_id, channel, order_id, order_line_id, event_type, event_date, currency_code, quantity,"
    " net_revenue_minor, tax_minor, discount_minor",
    "fct_bridge": "entity_id, period_month, currency_code, bridge, position, label, reason_code, amount_minor",
    "fct_bridge_days": "entity_id, bridge_date, currency_code, bridge, position, label, reason_code, amount_minor",
    "fct_differences": "order_id, reference, from_system, to_system, reason_code, currency_code, amount_minor",
    "fct_payouts": "payout_id, amount_minor, currency_code",
    "fct_journal_lines": "entity_id, entry_id, recipe, entry_date, account_number, sub_account, side, amount_minor, currency_code,"
    " base_amount_minor, base_currency_code, order_id",
    "fct_trial_balance": "entity_id, period_month, account_number, opening_minor, debits_minor, credits_minor, closing_minor, currency_code",
    "fct_stock": "sku, location_id, on_hand, committed, reserved, safety, damaged, available, incoming",
    "fct_ats": "sku, channel, ats",
    "fct_rfm": "customer_id, as_of_date, recency_days, frequency, monetary_minor, currency_code, r_score, f_score, m_score, segment",
    "dim_customers": "customer_id, shopify_customer_id, woocommerce_customer_id, first_order_at, last_order_at, orders,"
    " net_revenue_minor",
    "fct_parcels": "order_id, parcel_id, tracking_number, shipment_status, shipped_at, delivered_at",
}


def columns(table: str) -> set[str]:
    return {column.strip() for column in STABLE_TABLES[table].split(",")}
