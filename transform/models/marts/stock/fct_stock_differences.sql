{#- Hub − channel in the terms of the one formula; warehouse − hub by what each wrote down. Both add up to the unit (S-11). -#}
with disabled as (
    select sku, cast(sum(on_hand - committed) as bigint) as units
    from {{ ref('fct_stock') }}
    where not is_enabled
    group by sku
),

terms as (
    select
        explained.sku,
        explained.channel,
        explained.term,
        case
            when explained.term in ('damaged', 'quality_control') then 'STK-20'
            when explained.term in ('reserved', 'safety', 'buffer') then 'STK-12'
            when explained.term = 'checkout_holds' then 'STK-02'
            when explained.term = 'in_flight' then 'STK-22'
            when explained.term = 'nothing_below_zero' then 'STK-21'
            when explained.term = 'scarcest_component' then 'STK-11'
            else 'STK-13'
        end as stock_reason_code,
        cast(-sum(explained.units) as bigint) as units
    from {{ ref('fct_ats_explained') }} as explained
    where explained.term not in ('on_hand', 'committed')
    group by explained.sku, explained.channel, explained.term
),

listed as (
    select
        channel,
        sku,
        cast(sum(coalesce(reckoned_quantity, 0)) as bigint) as reckoned,
        max(held_back_reason) as held_back_reason,
        count(distinct pool_group) as pool_groups
    from {{ ref('fct_listings') }}
    group by channel, sku
),

differences as (
    select sku, '*' as channel, 'warehouse - hub' as between_systems, stock_reason_code, term, units
    from {{ ref('fct_warehouse_differences') }}
    union all
    select ends.sku, ends.channel, 'hub - channel', 'STK-16', 'disabled_location', disabled.units
    from {{ ref('fct_stock_ends') }} as ends
    inner join disabled on ends.sku = disabled.sku
    where not ends.is_bundle
    union all
    select terms.sku, terms.channel, 'hub - channel', terms.stock_reason_code, terms.term, terms.units
    from terms
    inner join listed on terms.sku = listed.sku and terms.channel = listed.channel
    union all
    select
        listed.sku, listed.channel, 'hub - channel',
        case
            when listed.held_back_reason = 'sku_listed_twice' then 'STK-15'
            -- Each further group of stores shows the same units again.
            when listed.pool_groups > 1 and listed.reckoned = listed.pool_groups * ends.ats then 'STK-18'
            else 'STK-16'
        end,
        case when listed.pool_groups > 1 then 'pool_groups' else 'not_shown' end,
        ends.ats - listed.reckoned
    from listed
    inner join {{ ref('fct_stock_ends') }} as ends on listed.sku = ends.sku and listed.channel = ends.channel
    where ends.ats is not null
    union all
    select sku, channel, 'hub - channel', stock_reason_code, 'listing', units
    from {{ ref('fct_listing_differences') }}
),

summed as (
    select sku, channel, between_systems, stock_reason_code, term, cast(sum(units) as bigint) as units
    from differences
    group by sku, channel, between_systems, stock_reason_code, term
)

select * from summed
where units <> 0
