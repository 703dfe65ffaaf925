with policies as (
    select * from {{ ref('fct_channel_policies') }}
),

components as (
    select bundle_sku, component_sku, quantity from {{ ref('dim_bundle_components') }}
),

hard_totals as (
    select sku, sum(covered) as hard_total
    from {{ ref('fct_hard_allocations') }}
    group by sku
),

-- A set is never counted itself, even where a stock system has a line for it.
shared_pools as (
    select
        pools.*,
        policies.channel,
        policies.policy,
        policies.share_percent,
        coalesce(risk_buffers.buffer, policies.fixed_buffer) as buffer,
        case when risk_buffers.sku is null then 'fixed' else 'risk' end as buffer_rule,
        coalesce(preorders.sellable, 0) as preorderable,
        coalesce(allocations.covered, 0) as hard,
        policies.hard - coalesce(allocations.covered, 0) as hard_uncovered,
        coalesce(hard_totals.hard_total, 0) as hard_total,
        pools.pool + coalesce(preorders.sellable, 0) - coalesce(hard_totals.hard_total, 0) as shared,
        policies.min_listed,
        policies.max_listed,
        policies.end_when
    from {{ ref('fct_stock_pools') }} as pools
    inner join policies on pools.sku = policies.sku
    left join {{ ref('fct_hard_allocations') }} as allocations
        on policies.sku = allocations.sku and policies.channel = allocations.channel
    left join hard_totals on pools.sku = hard_totals.sku
    left join {{ ref('fct_risk_buffers') }} as risk_buffers
        on policies.sku = risk_buffers.sku and policies.channel = risk_buffers.channel
    left join {{ ref('fct_preorders') }} as preorders on pools.sku = preorders.sku
    where pools.sku not in (select bundle_sku from components)
),

single_offers as (
    select
        *,
        hard + greatest(
            {{ floor_divide('cast(share_percent * greatest(0, shared - buffer) as bigint)', '100') }},
            least(min_listed, greatest(0, shared))
        ) as offer
    from shared_pools
),

singles as (
    select
        *,
        case when least(offer, coalesce(max_listed, offer)) <= end_when then 0 else least(offer, coalesce(max_listed, offer)) end as ats
    from single_offers
),

-- As many sets as the scarcest component gives on this channel; with a component nobody counts there is none.
set_offers as (
    select
        components.bundle_sku as sku,
        policies.channel,
        min(policies.policy) as policy,
        min(policies.max_listed) as max_listed,
        min(policies.end_when) as end_when,
        min(coalesce({{ floor_divide('singles.ats', 'components.quantity') }}, 0)) as offer,
        min(coalesce({{ floor_divide('singles.pool', 'components.quantity') }}, 0)) as pool,
        min(coalesce({{ floor_divide('singles.available', 'components.quantity') }}, 0)) as available,
        min(coalesce(singles.locations, 0)) as locations,
        min(singles.as_of_at) as as_of_at
    from components
    inner join policies on components.bundle_sku = policies.sku
    left join singles on components.component_sku = singles.sku and policies.channel = singles.channel
    group by components.bundle_sku, policies.channel
),

sets as (
    select
        *,
        case when least(offer, coalesce(max_listed, offer)) <= end_when then 0 else least(offer, coalesce(max_listed, offer)) end as ats
    from set_offers
),

offers as (
    select
        sku, channel, ats, locations, available, checkout_holds, in_flight, pool, preorderable, hard, hard_uncovered, hard_total,
        shared, buffer, buffer_rule, share_percent, min_listed, offer, max_listed, end_when, policy, false as is_bundle, as_of_at
    from singles
    union all
    select
        sku, channel, ats, locations, available, 0, 0, pool, 0, 0, 0, 0,
        pool, 0, 'fixed', 100, 0, offer, max_listed, end_when, policy, true, as_of_at
    from sets
),

ats as (
    select
        sku,
        channel,
        {%- for units in [
            'ats', 'locations', 'available', 'checkout_holds', 'in_flight', 'pool', 'preorderable', 'hard',
            'hard_uncovered', 'hard_total', 'shared', 'buffer', 'share_percent', 'min_listed', 'offer', 'max_listed', 'end_when'
        ] %}
        cast({{ units }} as bigint) as {{ units }},
        {%- endfor %}
        buffer_rule,
        is_bundle,
        coalesce(policy, 'none: everything, no buffer') as policy,
        as_of_at
    from offers
)

select * from ats
