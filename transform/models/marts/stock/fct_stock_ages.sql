with stock as (
    select sku, cast(sum(on_hand) as bigint) as on_hand, cast(sum(incoming) as bigint) as incoming, min(entity_id) as entity_id
    from {{ ref('fct_stock') }}
    where owner_platform is not null
    group by sku
),

clock as (
    select newest_order_date as today from {{ ref('dim_stock_clock') }}
),

policies as (
    select
        stock.sku,
        stock_age_policies.window_days,
        stock_age_policies.dead_after_days,
        stock_age_policies.overstock_after_days,
        row_number() over (partition by stock.sku order by case when stock_age_policies.sku = '*' then 1 else 0 end) as preference
    from stock
    inner join {{ ref('stock_age_policies') }} as stock_age_policies on stock_age_policies.sku in (stock.sku, '*')
),

sales as (
    select
        order_lines.sku,
        max(orders.order_date) as last_sold_date,
        cast(sum(
            case when {{ days_between('orders.order_date', 'clock.today') }} < policies.window_days then order_lines.quantity else 0 end
        ) as bigint) as sold
    from {{ ref('can_order_lines') }} as order_lines
    inner join {{ ref('can_orders') }} as orders on order_lines.order_id = orders.order_id
    inner join policies on order_lines.sku = policies.sku and policies.preference = 1
    cross join clock
    where order_lines.line_type = 'product' and not orders.is_test and orders.cancelled_at is null
        and not coalesce(orders.is_fulfilled_by_channel, false)
    group by order_lines.sku
),

costs as (
    select sku, min(title) as title, min(unit_cost_minor) as unit_cost_minor, min(currency_code) as currency_code
    from {{ ref('can_products') }}
    where platform in ('cin7', 'files')
    group by sku
),

measured as (
    select
        stock.sku,
        coalesce(costs.title, stock.sku) as title,
        stock.entity_id,
        stock.on_hand,
        stock.incoming,
        sales.last_sold_date,
        {{ days_between('sales.last_sold_date', 'clock.today') }} as days_since_sale,
        coalesce(sales.sold, 0) as sold,
        policies.window_days,
        case when sales.sold > 0 then {{ floor_divide('cast(stock.on_hand * policies.window_days as bigint)', 'sales.sold') }} end as days_of_cover,
        policies.dead_after_days,
        policies.overstock_after_days,
        stock.on_hand * costs.unit_cost_minor as value_minor,
        costs.currency_code
    from stock
    cross join clock
    inner join policies on stock.sku = policies.sku and policies.preference = 1
    left join sales on stock.sku = sales.sku
    left join costs on stock.sku = costs.sku
    where stock.on_hand > 0
),

ages as (
    select
        *,
        case
            when days_since_sale is null or days_since_sale >= dead_after_days then 'dead'
            when days_of_cover is null or days_of_cover > overstock_after_days then 'overstock'
            else 'moving'
        end as stock_age_status
    from measured
)

select * from ages
