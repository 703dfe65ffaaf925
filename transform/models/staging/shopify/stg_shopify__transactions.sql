with

source as (
    select account_id, id as order_gid, transactions from {{ source('raw_shopify', 'orders') }}
),

opened as (
    select source.account_id, source.order_gid, items.item as movement,
        -- Gateways keep their ids in different places of the receipt, which may be an object or a text holding one.
        concat_ws(' ', {{ json_text('items.item', 'paymentId') }}, {{ json_text('items.item', 'receiptJson') }}) as receipt_text
    from source
    cross join {{ json_items('source.transactions') }}
),

renamed as (
    select
        account_id,
        {{ gid_number('order_gid') }} as platform_order_id,
        {{ shopify_transaction() }}
    from opened
)

select * from renamed
