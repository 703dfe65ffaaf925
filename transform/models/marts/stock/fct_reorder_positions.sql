with policies as (
    select * from {{ ref('dim_reorder_policies') }}
),

stock as (
    select sku, cast(sum(available) as bigint) as available, cast(sum(incoming) as bigint) as incoming, min(entity_id) as entity_id
    from {{ ref('fct_stock') }}
    where is_enabled
    group by sku
),

products as (
    select
        sku,
        account_id,
        min(substr(product_id, length('cin7:' || account_id || ':') + 1)) as platform_product_id,
        min(title) as title,
        min(unit_cost_minor) as unit_cost_minor,
        min(currency_code) as currency_code
    from {{ ref('can_products') }}
    where platform = 'cin7'
    group by sku, account_id
),

positions as (
    select
        policies.*,
        products.account_id,
        products.platform_product_id,
        products.title,
        products.unit_cost_minor,
        products.currency_code,
        stock.entity_id,
        stock.available,
        stock.incoming,
        pools.in_flight,
        stock.available - pools.in_flight + stock.incoming as position,
        greatest(
            policies.economic_quantity, policies.order_up_to - (stock.available - pools.in_flight + stock.incoming)
        ) as lacking,
        'po:' || products.account_id || ':' || policies.sku || ':' || policies.supplier_name || ':' as draft_prefix
    from policies
    inner join stock on policies.sku = stock.sku
    inner join {{ ref('fct_stock_pools') }} as pools on policies.sku = pools.sku
    inner join products on policies.sku = products.sku
),

-- Drafts of anybody with a line of the SKU, and those we made for it, which may have no line yet.
drafts as (
    select
        positions.sku,
        positions.account_id,
        count(distinct case when substr(drafts.our_reference, 1, length(positions.draft_prefix)) = positions.draft_prefix then drafts.our_reference end) as ours,
        cast(sum(case when drafts.draft_status = 'open' then 1 else 0 end) as bigint) as open_drafts,
        max(case when drafts.draft_status = 'open' and drafts.sku is null then drafts.our_reference end) as empty_draft_reference,
        max(case when drafts.draft_status = 'declined' then cast(drafts.updated_at as date) end) as declined_on
    from positions
    inner join {{ ref('can_purchase_drafts') }} as drafts
        on
            positions.account_id = drafts.account_id
            and (positions.sku = drafts.sku or substr(drafts.our_reference, 1, length(positions.draft_prefix)) = positions.draft_prefix)
    group by positions.sku, positions.account_id
),

reorder_positions as (
    select
        positions.sku,
        positions.account_id,
        positions.entity_id,
        positions.platform_product_id,
        positions.title,
        positions.supplier_name,
        positions.location_id,
        coalesce(locations.platform_location_id, positions.location_id) as platform_location_id,
        positions.available,
        positions.in_flight,
        positions.incoming,
        positions.position,
        positions.reorder_point,
        positions.order_up_to,
        positions.economic_quantity,
        positions.pack_size,
        cast(
            positions.pack_size * {{ floor_divide('cast(positions.lacking + positions.pack_size - 1 as bigint)', 'positions.pack_size') }} as bigint
        ) as order_quantity,
        positions.unit_cost_minor,
        positions.currency_code,
        positions.season_from,
        positions.season_until,
        positions.tax_rule,
        {{ add_days('positions.today', 'positions.lead_time_days') }} as expected_date,
        coalesce(drafts.open_drafts, 0) as open_drafts,
        drafts.declined_on,
        drafts.empty_draft_reference,
        positions.draft_prefix || cast(coalesce(drafts.ours, 0) + 1 as varchar) as draft_reference,
        case
            when positions.position > positions.reorder_point then 'enough'
            when drafts.open_drafts > 0 then 'drafted'
            when {{ add_days('drafts.declined_on', 'positions.lead_time_days') }} >= positions.today then 'declined'
            else 'due'
        end as reorder_status
    from positions
    left join drafts on positions.sku = drafts.sku and positions.account_id = drafts.account_id
    left join {{ ref('locations') }} as locations
        on
            locations.platform = 'cin7'
            and positions.account_id = locations.account_id
            and positions.location_id = locations.location_id
)

select * from reorder_positions
