-- What is on its way may be sold only where a policy says so, only as far as it is due in time, never all of it on trust.
with policies as (
    select
        pools.sku,
        pools.available,
        pools.in_flight,
        policies.sku as policy,
        policies.cap,
        policies.confidence_percent,
        policies.horizon_days,
        row_number() over (partition by pools.sku order by case when policies.sku = '*' then 1 else 0 end) as preference
    from {{ ref('fct_stock_pools') }} as pools
    inner join {{ ref('preorder_policies') }} as policies on policies.sku in (pools.sku, '*')
),

due as (
    select
        policies.sku,
        cast(sum(greatest(0, purchases.quantity - purchases.received_quantity)) as bigint) as units,
        min(purchases.expected_date) as next_expected_date
    from policies
    inner join {{ ref('can_purchase_orders') }} as purchases on policies.sku = purchases.sku
    cross join {{ ref('dim_stock_clock') }} as clock
    where
        policies.preference = 1
        and purchases.purchase_order_status = 'open'
        and purchases.quantity > purchases.received_quantity
        and {{ days_between('clock.newest_order_date', 'purchases.expected_date') }} between 0 and policies.horizon_days
    group by policies.sku
),

sellable as (
    select
        policies.sku,
        policies.policy,
        coalesce(due.units, 0) as due_in_time,
        due.next_expected_date,
        greatest(0, policies.in_flight - policies.available) as promised_beyond_stock,
        least(
            policies.cap,
            {{ floor_divide('(coalesce(due.units, 0) * policies.confidence_percent)', '100') }}
        ) as sellable
    from policies
    left join due on policies.sku = due.sku
    where policies.preference = 1
),

preorders as (
    select
        sku,
        policy,
        cast(due_in_time as bigint) as due_in_time,
        next_expected_date,
        cast(sellable as bigint) as sellable,
        cast(least(promised_beyond_stock, sellable) as bigint) as taken,
        cast(greatest(0, promised_beyond_stock - sellable) as bigint) as not_covered
    from sellable
)

select * from preorders
