with

source as (
    select account_id, id as order_gid, refunds from {{ source('raw_shopify', 'orders') }}
),

refunds as (
    select source.account_id, source.order_gid, {{ json_text('items.item', 'id') }} as refund_gid, {{ json_value('items.item', 'transactions') }} as transactions
    from source
    cross join {{ json_items('source.refunds') }}
),

opened as (
    select refunds.account_id, refunds.order_gid, refunds.refund_gid, items.item as movement,
        -- Gateways keep their ids in different places of the receipt, which may be an object or a text holding one.
        concat_ws(' ', {{ json_text('items.item', 'paymentId') }}, {{ json_text('items.item', 'receiptJson') }}) as receipt_text
    from refunds
    cross join {{ json_items('refunds.transactions') }}
),

renamed as (
    select
        account_id,
        {{ gid_number('order_gid') }} as platform_order_id,
        {{ gid_number("refund_gid") }} as platform_refund_id,
        {{ shopify_transaction() }}
    from opened
)

select * from renamed
