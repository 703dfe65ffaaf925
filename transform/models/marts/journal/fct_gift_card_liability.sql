with

legs as (
    select * from {{ ref('fct_settled_legs') }} where tender in ('gift_card', 'store_credit')
),

refunds as (
    select *, case when is_advance then recognised_date else entry_date end as line_date from {{ ref('fct_settled_refunds') }}
),

recognitions as (
    select * from {{ ref('fct_order_recognitions') }} where recognised_date is not null
),

-- Told from orders, payments and refunds, not from the journal: the identity compares the two.
moved as (
    select recognitions.entity_id, {{ month_key('recognitions.recognised_date') }} as period_month, order_lines.currency_code, 'gift_card' as liability_type,
        'sold' as cause, order_lines.net_minor as amount_minor
    from {{ ref('can_order_lines') }} as order_lines
    inner join recognitions using (order_id)
    where order_lines.line_type = 'gift_card'
    union all
    select entity_id, {{ month_key('settled_date') }}, currency_code, tender, 'redeemed', -amount_minor
    from legs
    union all
    select entity_id, {{ month_key('entry_date') }}, money_currency_code, tender, 'refunded_to', money_minor
    from refunds
    where tender in ('gift_card', 'store_credit')
    union all
    select refunds.entity_id, {{ month_key('refunds.line_date') }}, refunds.currency_code, 'gift_card', 'taken_back', -refund_lines.net_minor
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join refunds using (refund_id)
    where refund_lines.line_type = 'gift_card' and refunds.line_date is not null
),

monthly as (
    select
        entity_id, liability_type, period_month, currency_code,
        {%- for cause in ['sold', 'redeemed', 'refunded_to', 'taken_back'] %}
        {{ sum_minor("case when cause = '" ~ cause ~ "' then amount_minor else 0 end") }} as {{ cause }}_minor,
        {%- endfor %}
        {{ sum_minor('amount_minor') }} as moved_minor
    from moved
    group by entity_id, liability_type, period_month, currency_code
),

rolled as (
    select
        *,
        cast(sum(moved_minor) over (
            partition by entity_id, liability_type, currency_code order by period_month rows unbounded preceding
        ) as bigint) as closing_minor
    from monthly
)

select
    entity_id, liability_type, period_month, currency_code, closing_minor - moved_minor as opening_minor, sold_minor, refunded_to_minor, redeemed_minor,
    taken_back_minor, closing_minor
from rolled
