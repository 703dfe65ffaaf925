with arrived as (
    select
        platform, account_id, sku, currency_code,
        min(entity_id) as entity_id,
        cast(sum(units) as bigint) as arrived_units,
        cast(sum(coalesce(cost_minor, 0)) as bigint) as arrived_minor,
        cast(sum(remaining_units) as bigint) as units,
        cast(sum(coalesce(remaining_minor, 0)) as bigint) as value_minor,
        cast(sum(case when cost_minor is null then remaining_units else 0 end) as bigint) as units_without_cost
    from {{ ref('fct_cost_layers') }}
    group by platform, account_id, sku, currency_code
),

departed as (
    select
        platform, account_id, sku, currency_code,
        min(entity_id) as entity_id,
        cast(sum(units) as bigint) as departed_units,
        cast(sum(coalesce(cost_minor, 0)) as bigint) as departed_minor,
        cast(sum(case when movement_type = 'shipment' then coalesce(cost_minor, 0) else 0 end) as bigint) as cost_of_goods_minor,
        cast(sum(case when cost_layer_id is null then units else 0 end) as bigint) as uncovered_units
    from {{ ref('fct_cost_consumptions') }}
    group by platform, account_id, sku, currency_code
),

counted as (
    select owner_platform as platform, owner_account_id as account_id, sku, cast(sum(counted) as bigint) as counted
    from {{ ref('fct_stock_levels') }}
    group by owner_platform, owner_account_id, sku
),

stock_values as (
    select
        coalesce(arrived.platform, departed.platform) as platform,
        coalesce(arrived.account_id, departed.account_id) as account_id,
        coalesce(arrived.entity_id, departed.entity_id) as entity_id,
        coalesce(arrived.sku, departed.sku) as sku,
        coalesce(arrived.units, 0) as units,
        coalesce(arrived.value_minor, 0) as value_minor,
        coalesce(arrived.currency_code, departed.currency_code) as currency_code,
        coalesce(arrived.units_without_cost, 0) as units_without_cost,
        coalesce(departed.uncovered_units, 0) as uncovered_units,
        counted.counted,
        coalesce(arrived.arrived_units, 0) as arrived_units,
        coalesce(arrived.arrived_minor, 0) as arrived_minor,
        coalesce(departed.departed_units, 0) as departed_units,
        coalesce(departed.departed_minor, 0) as departed_minor,
        coalesce(departed.cost_of_goods_minor, 0) as cost_of_goods_minor
    from arrived
    full outer join departed
        on
            arrived.platform = departed.platform
            and arrived.account_id = departed.account_id
            and arrived.sku = departed.sku
            and coalesce(arrived.currency_code, '') = coalesce(departed.currency_code, '')
    left join counted
        on
            coalesce(arrived.platform, departed.platform) = counted.platform
            and coalesce(arrived.account_id, departed.account_id) = counted.account_id
            and coalesce(arrived.sku, departed.sku) = counted.sku
)

select * from stock_values
