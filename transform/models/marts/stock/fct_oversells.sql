with claims as (
    select
        *,
        max(case when granted > 0 then claim_rank end) over (
            partition by sku order by claim_rank rows between unbounded preceding and 1 preceding
        ) as winner_rank
    from {{ ref('fct_unit_claims') }}
),

-- A place that is closed for selling may still help out.
elsewhere as (
    select sku, location_id, available, row_number() over (partition by sku order by available desc, location_id) as preference
    from {{ ref('fct_stock') }}
    where not is_enabled and available > 0
),

due as (
    select sku, min(expected_date) as next_expected_date
    from {{ ref('can_purchase_orders') }}
    where purchase_order_status = 'open' and quantity > received_quantity
    group by sku
),

losers as (
    select
        claims.*,
        winners.order_id as winner_order_id,
        winners.order_number as winner_order_number,
        winners.channel as winner_channel,
        winners.placed_at as winner_placed_at,
        winners.claims_at as winner_claims_at,
        case
            when winners.order_id is null then 'nothing_to_sell'
            when winners.can_be_whole <> claims.can_be_whole then 'fits_whole'
            when winners.is_paid <> claims.is_paid then 'paid_first'
            when winners.clock_tick <> claims.clock_tick then 'earlier'
            when winners.channel_priority <> claims.channel_priority then 'channel_priority'
            else 'order_id'
        end as decided_by,
        due.next_expected_date,
        elsewhere.location_id as other_location_id,
        elsewhere.available as other_available
    from claims
    left join claims as winners on claims.sku = winners.sku and claims.winner_rank = winners.claim_rank
    left join elsewhere on claims.sku = elsewhere.sku and elsewhere.preference = 1
    left join due on claims.sku = due.sku
    where claims.short > 0
),

oversells as (
    select
        order_id || '/' || sku as oversell_id,
        sku,
        order_id,
        order_number,
        channel,
        placed_at,
        claims_at,
        claimed,
        short,
        cast(case when granted < claimed then reached else 0 end as bigint) as offered_split,
        winner_order_id,
        winner_order_number,
        winner_channel,
        winner_placed_at,
        winner_claims_at,
        clock_resolution_seconds,
        decided_by,
        next_expected_date,
        case when reached > 0 then 'split: ' || cast(reached as varchar) || ' of ' || cast(claimed as varchar) || ' now; ' else '' end
            || coalesce('from or transfer out of ' || other_location_id || ': ' || cast(other_available as varchar) || ' free; ', '')
            || coalesce('back-order: more expected on ' || cast(next_expected_date as varchar) || '; ', '')
            || 'substitute; cancel and refund' as options
    from losers
)

select * from oversells
