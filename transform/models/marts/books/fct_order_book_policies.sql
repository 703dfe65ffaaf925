with orders as (
    select order_id, entity_id, case when is_b2b then 'business' else 'consumer' end as customer_type
    from {{ ref('can_orders') }}
    where not is_test
),

policies as (
    select * from {{ ref('book_policies') }}
),

chosen as (
    select
        orders.order_id,
        orders.entity_id,
        orders.customer_type,
        coalesce(own.booking_policy, general.booking_policy, 'per_order') as booking_policy
    from orders
    left join policies as own on orders.entity_id = own.entity_id and orders.customer_type = own.customer_type
    left join policies as general on general.entity_id = '*' and orders.customer_type = general.customer_type
)

select * from chosen
