with

provisions as (
    select provisions.*, entities.base_currency_code, 'je:' || entity_id || ':journal:returns:' || provisions.currency_code || ':' || provisions.period_month as event_key
    from {{ ref('fct_returns_provisions') }} as provisions
    inner join {{ ref('entities') }} as entities using (entity_id)
    where provisions.is_posted and provisions.provision_minor > 0
),

rules as (
    select * from {{ ref('posting_rules') }}
),

rates as (
    select * from {{ ref('dim_fx_rates') }} where purpose = 'book'
),

-- Both days at the rate of the month's last: what is turned back is what was provided. Without a rate both entries wait.
rated as (
    select
        provisions.*,
        {%- for amount in ['provision_minor', 'right_to_goods_minor'] %}
        case
            when provisions.currency_code = provisions.base_currency_code then provisions.{{ amount }}
            else {{ convert_minor('provisions.' ~ amount, 'provisions.currency_code', 'provisions.base_currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
        end as base_{{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from provisions
    left join rates
        on provisions.currency_code = rates.from_currency_code
        and provisions.base_currency_code = rates.to_currency_code
        and provisions.month_end = rates.rate_date
),

sides as (
    {%- for event, date, turn in [('provided', 'month_end', ''), ('provision_reversed', add_days('month_end', 1), '-')] %}
    {%- set is_last_event = loop.last %}
    {%- for number, key, amount, sign in [
        (1, 'returns_provision', 'provision_minor', ''), (2, 'refund_liability', 'provision_minor', '-'),
        (3, 'right_to_goods', 'right_to_goods_minor', ''), (4, 'provided_cost', 'right_to_goods_minor', '-'),
    ] %}
    select
        entity_id, event_key || ':{{ event }}' as event_id, {{ date }} as entry_date, cast({{ number }} as bigint) as line_number,
        '{{ key }}' as posting_key, {{ '' if turn == sign else '-' }}{{ amount }} as signed_minor,
        {{ '' if turn == sign else '-' }}base_{{ amount }} as signed_base_minor, currency_code, base_currency_code
    from rated
    {{ 'union all' if not (is_last_event and loop.last) }}
    {%- endfor %}
    {%- endfor %}
)

select
    sides.entity_id, sides.event_id || ':0' as entry_id, sides.event_id, 'J-36' as recipe, sides.entry_date,
    {{ month_key('sides.entry_date') }} as period_month, sides.line_number, sides.posting_key, '' as detail,
    coalesce(of_entity.account_number, of_all.account_number) as account_number, cast(null as varchar) as sub_account,
    cast(null as varchar) as tax_code, case when sides.signed_minor > 0 then 'debit' else 'credit' end as side,
    abs(sides.signed_minor) as amount_minor, sides.signed_minor, sides.currency_code, abs(sides.signed_base_minor) as base_amount_minor,
    sides.signed_base_minor, sides.base_currency_code, cast(0 as bigint) as remainder_minor, cast(null as varchar) as order_id,
    cast(null as varchar) as refund_id, cast(null as varchar) as movement_id, cast(null as varchar) as payout_id,
    cast(null as varchar) as dispute_id, 'period' as source
from sides
left join rules as of_entity
    on sides.posting_key = of_entity.posting_key
    and sides.entity_id = of_entity.entity_id
left join rules as of_all
    on sides.posting_key = of_all.posting_key
    and of_all.entity_id = '*'
where sides.signed_minor != 0
