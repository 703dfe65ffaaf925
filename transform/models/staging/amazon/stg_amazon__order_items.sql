with

source as (
    select account_id, order_id, order_items from {{ source('raw_amazon', 'orders') }}
),

opened as (
    select source.account_id, source.order_id, items.item
    from source
    cross join {{ json_items('source.order_items') }}
),

renamed as (
    select
        account_id,
        order_id as platform_order_id,
        {{ json_text('item', 'orderItemId') }} as platform_line_id,
        nullif({{ json_text('item', 'product.sellerSku') }}, '') as sku,
        {{ json_text('item', 'product.title') }} as title,
        {{ json_value('item', 'cancellation.cancellationExecution') }} is not null as is_cancelled,
        -- A cancelled item is an order for nothing.
        case
            when {{ json_value('item', 'cancellation.cancellationExecution') }} is not null then cast(0 as bigint)
            else cast({{ json_text('item', 'quantityOrdered') }} as bigint)
        end as quantity,
        cast({{ json_text('item', 'fulfillment.quantityUnfulfilled') }} as bigint) as remaining_quantity,
        coalesce(cast({{ json_value('item', 'tax.taxCollections') }} as varchar), '') like '%"MARKETPLACE_FACILITATOR"%'
            as is_tax_collected_by_marketplace
    from opened
)

select * from renamed
