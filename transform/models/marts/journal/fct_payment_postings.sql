with

legs as (
    select
        legs.*,
        {{ payment_event('legs') }} as event_id,
        case when legs.is_advance then legs.settled_date else coalesce(order_rates.rate_date, legs.settled_date) end as owed_rate_date
    from {{ ref('fct_settled_legs') }} as legs
    left join {{ ref('fct_order_rates') }} as order_rates using (order_id)
    where legs.moment != 'same_day'
),

paid as (
    select
        event_id, order_id,
        case when money_entity_id != entity_id then 'due_from' when tender in ('clearing', 'bank') then tender else 'tender' end as posting_key,
        case when tender in ('clearing', 'bank') then '' else tender end as detail,
        case when money_entity_id != entity_id then money_entity_id else sub_account end as sub_account,
        case when money_entity_id = entity_id then movement_id end as movement_id,
        case when money_entity_id != entity_id then amount_minor else money_minor end as signed_minor,
        case when money_entity_id != entity_id then currency_code else money_currency_code end as currency_code,
        settled_date as rate_date
    from legs
),

earned as (
    {%- for key, condition, amount in [
        ('receivable', 'not is_advance', 'amount_minor - overpaid_minor'),
        ('deferred', 'is_advance', 'amount_minor - overpaid_minor - advance_tax_minor'),
        ('overpayment', 'true', 'overpaid_minor'),
    ] %}
    select event_id, order_id, '{{ key }}' as posting_key, '' as detail, cast(null as varchar) as sub_account, cast(null as varchar) as movement_id,
        -({{ amount }}) as signed_minor, currency_code, owed_rate_date as rate_date
    from legs
    where {{ condition }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The company that took another's charge owes it.
taken as (
    select
        'je:' || money_entity_id || ':' || movement_id || ':charge' as event_id, order_id, entity_id, sub_account, movement_id,
        money_minor, money_currency_code, settled_date
    from {{ ref('fct_settled_legs') }}
    where money_entity_id != entity_id
),

-- What the buyer keeps for paying early is owed no more; its tax, as that of a payment in advance, is in fct_tax_postings.
discounted as (
    {%- for key, detail, amount in [('discount', 'early_payment', 'discounts.net_minor'), ('receivable', '', '-discounts.discount_minor')] %}
    select discounts.event_id, discounts.order_id, '{{ key }}', '{{ detail }}', cast(null as varchar), cast(null as varchar), {{ amount }},
        discounts.currency_code, coalesce(order_rates.rate_date, discounts.discount_date)
    from {{ ref('fct_early_payment_discounts') }} as discounts
    left join {{ ref('fct_order_rates') }} as order_rates using (order_id)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from paid
union all
select * from discounted
union all
select * from earned
union all
select event_id, order_id, 'clearing', '', sub_account, movement_id, money_minor, money_currency_code, settled_date
from taken
union all
select event_id, order_id, 'due_to', '', entity_id, movement_id, -money_minor, money_currency_code, settled_date
from taken
