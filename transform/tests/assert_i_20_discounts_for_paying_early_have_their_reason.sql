{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: what buyers kept for paying early is told under REF-06, and under no other reason: whole on the way to the bank, where it takes off what is owed on
-- terms, and without its tax on the way to net revenue; per company, month and currency.
-- A failure means that a bridge closes on an invoice still owed, or on a discount nobody gave.
with

sides as (
    select 'storefront_to_bank' as bridge, entity_id, {{ month_key('discount_date') }} as period_month, currency_code, -discount_minor as amount_minor
    from {{ ref('fct_early_payment_discounts') }}
    union all
    select 'storefront_to_net_revenue', entity_id, {{ month_key('discount_date') }}, currency_code, -net_minor from {{ ref('fct_early_payment_discounts') }}
    union all
    select bridge, entity_id, period_month, currency_code, -amount_minor from {{ ref('fct_differences') }} where reason_code = 'REF-06'
)

select bridge, entity_id, period_month, currency_code, {{ sum_minor('amount_minor') }} as difference_minor
from sides
group by bridge, entity_id, period_month, currency_code
having sum(amount_minor) != 0
