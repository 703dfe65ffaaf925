{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-18', 'severity': 'blocks'}) }}
-- I-18: an order waits for its fulfilment if and only if, for one of its products, no policy is nearer than one that says so (SKU before channel before
-- entity); it has left when its storefront says so, on the day of its last parcel that was not voided.
-- A failure means that revenue and deferral follow another rule than the accountant's, or that an order is earned on another day.
with

policies as (
    select
        entity_id, channel, sku, policy,
        case when sku = '*' then 0 else 4 end + case when channel = '*' then 0 else 2 end + case when entity_id = '*' then 0 else 1 end as nearness
    from {{ ref('recognition_policies') }}
),

products as (
    select lines.order_line_id, lines.order_id, orders.entity_id, coalesce(orders.channel, orders.platform) as channel, lines.sku
    from {{ ref('can_order_lines') }} as lines
    inner join {{ ref('can_orders') }} as orders on lines.order_id = orders.order_id
    where lines.line_type = 'product' and orders.is_test = false
),

said as (
    select products.order_line_id, products.order_id, policies.policy, policies.nearness
    from products
    cross join policies
    where (policies.entity_id = '*' or policies.entity_id = products.entity_id)
        and (policies.channel = '*' or policies.channel = products.channel)
        and (policies.sku = '*' or policies.sku = products.sku)
),

nearest as (
    select order_line_id, max(nearness) as nearness from said group by order_line_id
),

waiting as (
    select said.order_id
    from said
    inner join nearest on said.order_line_id = nearest.order_line_id and said.nearness = nearest.nearness
    group by said.order_id
    having count(case when said.policy = 'on_fulfilment' then 1 end) > 0
),

days as (
    select order_id, shipped_at as left_at from {{ ref('can_parcels') }} where voided_at is null
    union all
    select order_id, fulfilled_at from {{ ref('can_storefront_fulfilments') }}
),

expected as (
    select waiting.order_id, max(case when orders.order_fulfilment_status = 'fulfilled' then days.left_at end) as fulfilled_at
    from waiting
    inner join {{ ref('can_orders') }} as orders on waiting.order_id = orders.order_id
    left join days on waiting.order_id = days.order_id
    group by waiting.order_id
),

compared as (
    select coalesce(expected.order_id, deferred.order_id) as order_id, count(expected.order_id) as wanted, count(deferred.order_id) as had,
        count(case when expected.fulfilled_at is distinct from deferred.fulfilled_at then 1 end) as other_days
    from expected
    full outer join {{ ref('fct_deferred_orders') }} as deferred on expected.order_id = deferred.order_id
    group by coalesce(expected.order_id, deferred.order_id)
)

select order_id from compared where wanted != 1 or had != 1 or other_days > 0
