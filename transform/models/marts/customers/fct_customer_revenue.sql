-- One currency each: no rate exists yet, and a rate of 1 would be a lie.
with revenue as (
    select
        customer_id,
        currency_code,
        cast(sum(case when qualification in ('test', 'cancelled') then 0 else 1 end) as bigint) as orders,
        cast(sum(case when is_qualifying then 1 else 0 end) as bigint) as qualifying_orders,
        {{ sum_minor('net_revenue_minor') }} as net_revenue_minor,
        min(entity_id) as entity_id
    from {{ ref('fct_customer_orders') }}
    group by customer_id, currency_code
),

-- The currency a customer is judged in: the entity's own if they ever bought in it, else the one they buy in most.
ranked as (
    select
        revenue.*,
        row_number() over (
            partition by revenue.customer_id
            order by
                case when revenue.orders > 0 then 0 else 1 end,
                case when revenue.currency_code = entities.base_currency_code then 0 else 1 end,
                revenue.orders desc,
                revenue.currency_code
        ) as preference
    from revenue
    left join {{ ref('entities') }} as entities on revenue.entity_id = entities.entity_id
),

currencies as (
    select
        customer_id,
        currency_code,
        orders,
        qualifying_orders,
        net_revenue_minor,
        preference = 1 as is_main_currency
    from ranked
)

select * from currencies
