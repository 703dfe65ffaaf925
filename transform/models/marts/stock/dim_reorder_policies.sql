{#- The economic quantity is the smallest q with q² · holding ≥ 2 · annual · order cost: found among whole numbers. -#}
with clock as (
    select cast(newest_count_at as date) as today from {{ ref('dim_stock_clock') }}
),

digits as (
    {%- for digit in range(10) %}
    select {{ digit }} as digit{% if not loop.last %} union all{% endif %}
    {%- endfor %}
),

numbers as (
    select cast(ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 1 as bigint) as units
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
),

candidates as (
    select
        reorder_policies.*,
        clock.today,
        row_number() over (
            partition by reorder_policies.sku
            order by
                case when reorder_policies.season_from = '01-01' and reorder_policies.season_until = '12-31' then 1 else 0 end,
                reorder_policies.season_from desc,
                reorder_policies.season_until
        ) as preference
    from {{ ref('reorder_policies') }} as reorder_policies
    cross join clock
    where {{ in_season('clock.today', 'reorder_policies.season_from', 'reorder_policies.season_until') }}
),

economic as (
    select candidates.sku, min(numbers.units) as economic_quantity
    from candidates
    inner join numbers
        on numbers.units * numbers.units * candidates.holding_cost_minor >= 2 * candidates.annual_units * candidates.order_cost_minor
    where candidates.preference = 1
    group by candidates.sku
),

reorder_policies as (
    select
        candidates.sku,
        candidates.supplier_name,
        candidates.location_id,
        candidates.reorder_point,
        candidates.order_up_to,
        coalesce(economic.economic_quantity, 0) as economic_quantity,
        candidates.annual_units,
        candidates.order_cost_minor,
        candidates.holding_cost_minor,
        candidates.pack_size,
        candidates.lead_time_days,
        candidates.tax_rule,
        candidates.season_from,
        candidates.season_until,
        candidates.today
    from candidates
    left join economic on candidates.sku = economic.sku
    where candidates.preference = 1
)

select * from reorder_policies
