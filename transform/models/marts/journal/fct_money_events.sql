with

movements as (
    select *, 'je:' || entity_id || ':' || movement_id || ':' as event_key from {{ ref('can_processor_movements') }}
),

order_events as (
    select * from {{ ref('fct_order_money_events') }}
),

-- A movement that a sale, payment or refund holds is no event of its own; its fee always is.
held as (
    select movement_id from {{ ref('fct_settled_legs') }} where movement_id is not null
    union
    select movement_id from {{ ref('fct_settled_refunds') }} where movement_id is not null
),

payouts as (
    select * from {{ ref('fct_banked_payouts') }}
),

matched as (
    select movement_id, order_id from {{ ref('fct_payment_matches') }} where movement_id is not null
    union all
    select movement_id, order_id from {{ ref('fct_refund_matches') }} where movement_id is not null
),

alone as (
    select
        movements.event_key || movements.movement_type, movements.movement_type, movements.entity_id, movements.movement_date, matched.order_id,
        cast(null as varchar), movements.movement_id, cast(null as varchar), movements.payout_id, cast(null as varchar),
        movements.amount_minor, movements.currency_code,
        case movements.movement_type
            when 'charge' then 'J-01' when 'refund' then 'J-03e' when 'refund_failure' then 'J-03f' when 'dispute' then 'J-05'
            when 'dispute_reversal' then 'J-06' when 'fee' then 'J-41' when 'reserve_hold' then 'J-12' when 'reserve_release' then 'J-12' when 'financing' then 'J-40'
            when 'payout_failure' then 'J-09' when 'payout_fee' then 'J-11' when 'currency_conversion' then 'J-27'
            when 'payout' then case when movements.amount_minor > 0 then 'J-10' when all_payouts.is_automatic then 'J-08' else 'J-46' end
        end
    from movements
    left join held on movements.movement_id = held.movement_id
    left join matched on movements.movement_id = matched.movement_id
    left join {{ ref('can_payouts') }} as all_payouts on movements.payout_id = all_payouts.payout_id
    left join {{ ref('fct_currency_conversions') }} as conversions on movements.movement_id = conversions.movement_id
    where held.movement_id is null and movements.amount_minor != 0
        and movements.movement_id = coalesce(conversions.first_movement_id, movements.movement_id)
),

taxed as (
    select distinct movement_id from {{ ref('can_processor_fees') }} where fee_type = 'tax' and amount_minor != 0
),

fees as (
    select
        movements.event_key || 'processor_fee', 'processor_fee', movements.entity_id, movements.movement_date, matched.order_id, cast(null as varchar),
        movements.movement_id, cast(null as varchar), movements.payout_id, cast(null as varchar), movements.fee_minor, movements.currency_code,
        case
            when movements.movement_type = 'dispute' then 'J-05' when movements.movement_type = 'dispute_reversal' then 'J-06'
            when movements.movement_type in ('payout', 'payout_fee') then 'J-11' when taxed.movement_id is not null then 'J-02b'
            when movements.fee_minor < 0 then 'J-03b' else 'J-02'
        end
    from movements
    left join matched on movements.movement_id = matched.movement_id
    left join taxed on movements.movement_id = taxed.movement_id
    where movements.fee_minor != 0
),

arrivals as (
    select
        event_id, 'payout_arrival', entity_id, value_date, cast(null as varchar), cast(null as varchar),
        cast(null as varchar), bank_line_id, payout_id, cast(null as varchar), amount_minor, currency_code, 'J-08'
    from payouts
    where not is_direct
),

receipts as (
    select
        'je:' || entity_id || ':' || bank_line_id || ':received', 'bank_receipt', entity_id, value_date, order_id, cast(null as varchar),
        cast(null as varchar), bank_line_id, cast(null as varchar), cast(null as varchar), amount_minor, currency_code, 'J-20'
    from {{ ref('fct_bank_receipts') }}
    where settles = 'manual_payment'
),

lost as (
    select
        'je:' || entity_id || ':' || dispute_id || ':lost', 'dispute_lost', entity_id, lost_date, order_id, cast(null as varchar),
        cast(null as varchar), cast(null as varchar), cast(null as varchar), dispute_id, lost_minor, currency_code,
        case when is_return then 'J-07b' else 'J-07' end
    from {{ ref('fct_lost_disputes') }}
),

labels as (
    select
        event_id, event_type, entity_id, event_date, order_id, cast(null as varchar), cast(null as varchar), cast(null as varchar),
        cast(null as varchar), cast(null as varchar), cost_minor, currency_code, 'J-35'
    from {{ ref('fct_label_events') }}
),

events as (
    select event_id, event_type, entity_id, event_date, order_id, refund_id, movement_id, bank_line_id, cast(null as varchar) as payout_id,
        cast(null as varchar) as dispute_id, amount_minor, currency_code, recipe
    from order_events
    {%- for table in ['alone', 'fees', 'arrivals', 'receipts', 'lost', 'labels'] %}
    union all
    select * from {{ table }}
    {%- endfor %}
)

select
    event_id, event_type, entity_id, event_date, {{ month_key('event_date') }} as period_month, order_id, refund_id, movement_id, bank_line_id,
    payout_id, dispute_id, amount_minor, currency_code, coalesce(recipe, 'unmapped') as recipe
from events
