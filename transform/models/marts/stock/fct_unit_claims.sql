{#-
    Who gets the units when orders of one SKU claim more than there is. The order of claim (0043) depends on nothing but the
    orders themselves: whether they are paid, the channel's own time cut to the coarsest clock among the claimants (of the order, or
    of its payment where it had been released by then), the channel's priority, the order's id. When we heard of an order never matters.
-#}
with pools as (
    select
        pools.sku,
        pools.in_flight,
        coalesce(preorders.sellable, 0) as preorderable
    from {{ ref('fct_stock_pools') }} as pools
    left join {{ ref('fct_preorders') }} as preorders on pools.sku = preorders.sku
),

-- A place that is closed for selling still ships what it was given to ship, and nothing else.
places as (
    select
        sku,
        cast(sum(committed) as bigint) as committed,
        cast(sum(
            case when is_enabled then available + committed else least(committed, available + committed) end
        ) as bigint) as sellable
    from {{ ref('fct_stock') }}
    group by sku
),

contended as (
    select places.sku, cast(places.sellable - pools.in_flight + pools.preorderable as bigint) as sellable
    from places
    inner join pools on places.sku = pools.sku
    where places.committed > places.sellable - pools.in_flight + pools.preorderable
),

claims as (
    select
        commitments.sku,
        commitments.order_id,
        commitments.order_number,
        commitments.channel,
        commitments.placed_at,
        coalesce(orders.reclaimed_at, commitments.placed_at) as claims_at,
        contended.sellable,
        coalesce(orders.order_payment_status, 'unmapped') in ('paid', 'partially_paid', 'partially_refunded') as is_paid,
        coalesce(channels.priority, 100) as channel_priority,
        max(coalesce(channels.clock_resolution_seconds, 1)) over (partition by commitments.sku) as clock_resolution_seconds,
        commitments.claimed
    from (
        select sku, order_id, order_number, channel, placed_at, cast(sum(committed) as bigint) as claimed
        from {{ ref('fct_commitments') }}
        group by sku, order_id, order_number, channel, placed_at
    ) as commitments
    inner join contended on commitments.sku = contended.sku
    inner join {{ ref('can_orders') }} as orders on commitments.order_id = orders.order_id
    left join {{ ref('channels') }} as channels on commitments.channel = channels.channel
),

timed as (
    select
        *,
        {{ floor_divide(seconds_between("timestamp '1970-01-01 00:00:00'", 'claims_at'), 'clock_resolution_seconds') }} as clock_tick,
        {% if var('multi_unit_policy') == 'split_allowed' %}true{% else %}claimed <= sellable{% endif %} as can_be_whole
    from claims
),

ranked as (
    select
        *,
        row_number() over (
            partition by sku
            order by
                case when can_be_whole then 0 else 1 end,
                case when is_paid then 0 else 1 end,
                clock_tick,
                channel_priority,
                order_id
        ) as claim_rank
    from timed
),

queued as (
    select
        *,
        sum(claimed) over (partition by sku order by claim_rank rows unbounded preceding) - claimed as claimed_before
    from ranked
),

granted as (
    select
        *,
        greatest(0, least(claimed, sellable - claimed_before)) as reached
    from queued
),

unit_claims as (
    select
        sku,
        order_id,
        order_number,
        channel,
        placed_at,
        claims_at,
        is_paid,
        cast(clock_resolution_seconds as bigint) as clock_resolution_seconds,
        cast(clock_tick as bigint) as clock_tick,
        cast(channel_priority as bigint) as channel_priority,
        can_be_whole,
        cast(claim_rank as bigint) as claim_rank,
        cast(sellable as bigint) as sellable,
        cast(claimed as bigint) as claimed,
        -- A whole order or nothing, unless orders may be split; what is left over is offered, not taken.
        cast({% if var('multi_unit_policy') == 'split_allowed' %}reached{% else %}case when reached = claimed then claimed else 0 end{% endif %} as bigint) as granted,
        cast(reached as bigint) as reached,
        cast(claimed - reached as bigint) as short
    from granted
)

select * from unit_claims
