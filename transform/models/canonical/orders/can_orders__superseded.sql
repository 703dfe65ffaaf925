with

file_orders as (
    select order_id, channel, platform_order_id, {{ gid_number('platform_order_id') }} as connector_key
    from {{ ref('can_orders__files') }}
),

connector_orders as (
    select order_id, channel, platform_order_id from {{ ref('can_orders__amazon') }}
    union all
    select order_id, channel, platform_order_id from {{ ref('can_orders__shopify') }}
    union all
    select order_id, channel, platform_order_id from {{ ref('can_orders__woocommerce') }}
),

connector_refunds as (
    select order_id, platform_refund_id from {{ ref('can_refunds__shopify') }}
    union all
    select order_id, platform_refund_id from {{ ref('can_refunds__woocommerce') }}
),

credit_notes as (
    select distinct channel, platform_refund_id
    from {{ ref('stg_files__refunds') }}
    where platform_order_id is null
),

superseded as (
    select file_orders.order_id, connector_orders.order_id as connector_order_id
    from file_orders
    inner join connector_orders
        on file_orders.channel = connector_orders.channel and file_orders.connector_key = connector_orders.platform_order_id
    union all
    select file_orders.order_id, connector_refunds.order_id
    from file_orders
    inner join credit_notes
        on file_orders.channel = credit_notes.channel and file_orders.platform_order_id = credit_notes.platform_refund_id
    inner join connector_refunds on file_orders.connector_key = connector_refunds.platform_refund_id
    inner join connector_orders
        on connector_refunds.order_id = connector_orders.order_id and file_orders.channel = connector_orders.channel
)

select order_id, min(connector_order_id) as connector_order_id
from superseded
group by order_id
