with

reconciled as (
    select * from {{ ref('fct_order_reconciliation') }}
),

movements as (
    select * from {{ ref('fct_movement_atoms') }}
),

legs as (
    select
        'leg:' || legs.order_payment_id as money_atom_id, 'tender leg' as component, legs.leg_entity_id as entity_id, legs.leg_currency_code as currency_code,
        legs.order_id, legs.leg_minor as storefront_minor, legs.leg_date as storefront_date, movements.movement_id, movements.amount_minor as processor_minor,
        movements.movement_date as processor_date, movements.bank_line_id,
        case when movements.bank_line_id is not null then movements.net_share_minor end as bank_minor, movements.bank_value_date as bank_date
    from {{ ref('fct_payment_matches') }} as legs
    inner join reconciled using (order_id)
    left join movements on legs.order_payment_id = movements.order_payment_id
    where legs.order_payment_id is not null
),

-- What of an order is no leg that a processor could have.
tenders as (
    {%- for column, key, component in [
        ('gift_card_minor', 'TND-01', 'gift card'), ('store_credit_minor', 'TND-02', 'store credit'), ('terms_minor', 'TND-03', 'on terms'),
        ('manual_minor', 'TND-04', 'manual'), ('outstanding_minor', 'outstanding', 'outstanding'),
    ] %}
    select 'tender:' || order_id || ':{{ key }}' as money_atom_id, '{{ component }}' as component, entity_id, currency_code, order_id,
        {{ column }} as storefront_minor, order_date as storefront_date
    from reconciled
    where {{ column }} != 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

balances as (
    select
        'balance:' || platform || ':' || account_id || ':' || period_month || ':' || currency_code as money_atom_id, 'balance of the processor' as component,
        entity_id, currency_code, reported_closing_minor - computed_closing_minor as balance_minor,
        balance_date
    from {{ ref('fct_clearing_months') }}
    where reported_closing_minor != computed_closing_minor
),
{%- set columns = [
    ('money_atom_id', 'varchar'), ('component', 'varchar'), ('entity_id', 'varchar'), ('currency_code', 'varchar'), ('order_id', 'varchar'),
    ('refund_id', 'varchar'), ('movement_id', 'varchar'), ('payout_id', 'varchar'), ('bank_line_id', 'varchar'), ('document_id', 'varchar'),
] %}
{%- set amounts = ['storefront', 'contents', 'processor', 'balance', 'bank', 'recognised', 'books'] %}
{%- for amount in amounts %}{% set _ = columns.extend([(amount ~ '_minor', 'bigint'), (amount ~ '_date', 'date')]) %}{% endfor %}
{%- set money = {'legs': ['storefront', 'processor', 'bank'], 'tenders': ['storefront'], 'lone_movements': ['processor', 'bank'],
    'bank_atoms': ['bank'], 'revenue_atoms': ['contents', 'recognised', 'books'], 'balances': ['balance']} %}
{%- set links = {'legs': ['order_id', 'movement_id', 'bank_line_id'], 'tenders': ['order_id'], 'lone_movements': ['order_id', 'movement_id', 'bank_line_id'],
    'bank_atoms': ['payout_id', 'bank_line_id'], 'revenue_atoms': ['order_id', 'refund_id', 'document_id'], 'balances': []} %}

lone_movements as (
    select money_atom_id, component, entity_id, currency_code, order_id, movement_id, bank_line_id,
        amount_minor as processor_minor, movement_date as processor_date, case when bank_line_id is not null then net_share_minor end as bank_minor, bank_value_date as bank_date
    from movements
    where order_payment_id is null
),

bank_atoms as (
    select * from {{ ref('fct_bank_atoms') }}
),

revenue_atoms as (
    select * from {{ ref('fct_revenue_atoms') }}
),

atoms as (
    {%- for source in money %}
    {%- set known = ['money_atom_id', 'component', 'entity_id', 'currency_code'] + links[source] %}
    {%- for amount in money[source] %}{% set _ = known.extend([amount ~ '_minor', amount ~ '_date']) %}{% endfor %}
    select
        {%- for name, kind in columns %}
        {{ name if name in known else 'cast(null as ' ~ kind ~ ') as ' ~ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from atoms
