with

source as (
    select account_id, id as order_gid, upper(currency_code) as currency_code, refunds
    from {{ source('raw_shopify', 'orders') }}
),

renamed as (
    select
        source.account_id,
        {{ gid_number('source.order_gid') }} as platform_order_id,
        {{ gid_number(json_text('items.item', 'id')) }} as platform_refund_id,
        -- The moment the merchant gave the money back; `createdAt` is when an import wrote it down.
        {{ utc_timestamp("coalesce(" ~ json_text('items.item', 'processedAt') ~ ", " ~ json_text('items.item', 'createdAt') ~ ")") }} as refunded_at,
        nullif({{ json_text('items.item', 'note') }}, '') as reason,
        source.currency_code,
        {{ json_text('items.item', 'totalRefundedSet.shopMoney.amount') }} as total_text,
        {{ to_minor(json_text('items.item', 'totalRefundedSet.shopMoney.amount'), 'source.currency_code') }} as total_minor
    from source
    cross join {{ json_items('source.refunds') }}
)

select * from renamed
