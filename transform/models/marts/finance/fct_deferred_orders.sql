with

orders as (
    select *, coalesce(channel, platform) as sales_channel from {{ ref('can_orders') }} where not is_test
),

policies as (
    select * from {{ ref('recognition_policies') }}
),

sold as (
    select distinct orders.order_id, orders.entity_id, orders.sales_channel, order_lines.sku
    from {{ ref('can_order_lines') }} as order_lines
    inner join orders using (order_id)
    where order_lines.line_type = 'product'
),

kinds as (
    select distinct entity_id, sales_channel, sku from sold
),

ranked as (
    select
        kinds.entity_id, kinds.sales_channel, kinds.sku, policies.policy,
        row_number() over (
            partition by kinds.entity_id, kinds.sales_channel, kinds.sku
            order by
                case when policies.sku = '*' then 1 else 0 end, case when policies.channel = '*' then 1 else 0 end,
                case when policies.entity_id = '*' then 1 else 0 end
        ) as nth
    from kinds
    inner join policies
        on policies.entity_id in (kinds.entity_id, '*')
        and policies.channel in (kinds.sales_channel, '*')
        and policies.sku in (kinds.sku, '*')
),

deferred as (
    select distinct sold.order_id
    from sold
    inner join ranked
        on sold.entity_id = ranked.entity_id
        and sold.sales_channel = ranked.sales_channel
        and sold.sku is not distinct from ranked.sku
    where ranked.nth = 1 and ranked.policy = 'on_fulfilment'
),

left_house as (
    select order_id, shipped_at as left_at from {{ ref('can_parcels') }} where shipped_at is not null and voided_at is null
    union all
    select order_id, fulfilled_at from {{ ref('can_storefront_fulfilments') }} where fulfilled_at is not null
),

-- The whole order has left when its storefront says so; the day is that of its last parcel.
fulfilled as (
    select deferred.order_id, max(left_house.left_at) as fulfilled_at
    from deferred
    inner join orders using (order_id)
    inner join left_house using (order_id)
    where orders.order_fulfilment_status = 'fulfilled'
    group by deferred.order_id
)

select
    deferred.order_id, fulfilled.fulfilled_at,
    coalesce(of_entity.tax_due, of_all.tax_due) = 'on_payment' as is_tax_due_on_payment
from deferred
inner join orders using (order_id)
left join fulfilled using (order_id)
left join {{ ref('advance_tax_policies') }} as of_entity on orders.entity_id = of_entity.entity_id
left join {{ ref('advance_tax_policies') }} as of_all on of_all.entity_id = '*'
