with

source as (
    select account_id, sku, summaries from {{ source('raw_amazon', 'listings') }}
),

renamed as (
    select
        source.account_id,
        source.sku,
        {{ json_text('items.item', 'marketplaceId') }} as platform_marketplace_id,
        {{ json_text('items.item', 'asin') }} as asin,
        {{ json_text('items.item', 'productType') }} as platform_product_type,
        {{ json_text('items.item', 'itemName') }} as title,
        coalesce(cast({{ json_value('items.item', 'status') }} as varchar), '') like '%"BUYABLE"%' as is_buyable,
        {{ utc_timestamp(json_text('items.item', 'createdDate')) }} as created_at,
        {{ utc_timestamp(json_text('items.item', 'lastUpdatedDate')) }} as updated_at
    from source
    cross join {{ json_items('source.summaries') }}
)

select * from renamed
