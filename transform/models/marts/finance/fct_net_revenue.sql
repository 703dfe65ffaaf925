with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

test_orders as (
    select order_id from {{ ref('can_orders') }} where is_test
),

accounts as (
    select * from {{ ref('accounts') }}
),

order_lines as (
    select * from {{ ref('can_order_lines') }} where line_type in ('product', 'shipping', 'fee')
),

refunds as (
    select * from {{ ref('can_refunds') }} where refund_status in ('succeeded', 'pending')
),

refund_lines as (
    select * from {{ ref('can_refund_lines') }} where line_type in ('product', 'shipping', 'fee', 'adjustment')
),

sales as (
    select
        'sale:' || order_lines.order_line_id as net_revenue_id,
        recognitions.entity_id,
        recognitions.channel,
        order_lines.order_id,
        order_lines.order_line_id,
        cast(null as varchar) as refund_id,
        recognitions.order_number,
        'sale' as event_type,
        order_lines.line_type,
        recognitions.recognition_policy,
        recognitions.recognised_date as event_date,
        {{ month_key('recognitions.recognised_date') }} as event_month,
        order_lines.sku,
        order_lines.quantity,
        order_lines.gross_minor,
        order_lines.discount_minor,
        order_lines.net_minor as net_revenue_minor,
        order_lines.tax_minor,
        order_lines.currency_code
    from order_lines
    inner join recognitions using (order_id)
    where recognitions.recognised_date is not null
),

-- A refund may name an order this warehouse never saw; it still lowers revenue.
returns as (
    select
        'return:' || refund_lines.refund_line_id as net_revenue_id,
        coalesce(recognitions.entity_id, refunds.entity_id) as entity_id,
        coalesce(recognitions.channel, accounts.channel, refunds.platform) as channel,
        refunds.order_id,
        refund_lines.order_line_id,
        refunds.refund_id,
        recognitions.order_number,
        case when refund_lines.line_type = 'adjustment' then 'allowance' else 'return' end as event_type,
        refund_lines.line_type,
        coalesce(recognitions.recognition_policy, 'order_unknown') as recognition_policy,
        greatest(refunds.refund_date, coalesce(recognitions.recognised_date, refunds.refund_date)) as event_date,
        {{ month_key('greatest(refunds.refund_date, coalesce(recognitions.recognised_date, refunds.refund_date))') }} as event_month,
        refund_lines.sku,
        -refund_lines.quantity as quantity,
        -refund_lines.net_minor as gross_minor,
        cast(0 as bigint) as discount_minor,
        -refund_lines.net_minor as net_revenue_minor,
        -refund_lines.tax_minor as tax_minor,
        refund_lines.currency_code
    from refund_lines
    inner join refunds using (refund_id)
    left join recognitions
        on refunds.order_id = recognitions.order_id
    left join test_orders
        on refunds.order_id = test_orders.order_id
    left join accounts
        on refunds.platform = accounts.platform
        and refunds.account_id = accounts.account_id
    where (recognitions.order_id is null or recognitions.recognised_date is not null) and test_orders.order_id is null
),

-- A lost dispute that the entity treats as goods given back.
lost as (
    select
        'lost:' || dispute_id || ':' || currency_code as net_revenue_id, entity_id, channel, order_id, cast(null as varchar) as order_line_id,
        dispute_id as refund_id, order_number, 'return' as event_type, 'adjustment' as line_type, recognition_policy,
        lost_date as event_date, {{ month_key('lost_date') }} as event_month, cast(null as varchar) as sku, cast(0 as bigint) as quantity,
        -returned_minor as gross_minor, cast(0 as bigint) as discount_minor, -returned_minor as net_revenue_minor, -tax_minor as tax_minor,
        currency_code
    from {{ ref('fct_lost_disputes') }}
    where is_return
),

-- What paying early took off an invoice, on the day of the payment.
discounts as (
    select
        'discount:' || discount_id as net_revenue_id, entity_id, channel, order_id, cast(null as varchar) as order_line_id, discount_id as refund_id,
        order_number, 'discount' as event_type, 'adjustment' as line_type, recognition_policy,
        discount_date as event_date, {{ month_key('discount_date') }} as event_month, cast(null as varchar) as sku, cast(0 as bigint) as quantity,
        cast(0 as bigint) as gross_minor, net_minor as discount_minor, -net_minor as net_revenue_minor, -tax_minor as tax_minor, currency_code
    from {{ ref('fct_early_payment_discounts') }}
),

events as (
    select * from sales
    union all
    select * from returns
    union all
    select * from lost
    union all
    select * from discounts
)

select * from events
