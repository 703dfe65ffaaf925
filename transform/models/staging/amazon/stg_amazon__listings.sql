with

source as (
    select account_id, sku, last_updated_date, fulfillment_availability, product_types, summaries
    from {{ source('raw_amazon', 'listings') }}
),

-- Who sends: DEFAULT is the seller, any other code a stock of the marketplace's.
offered as (
    select
        source.account_id,
        source.sku,
        max(case when {{ json_text('items.item', 'fulfillmentChannelCode') }} = 'DEFAULT' then 1 else 0 end) = 1 as is_sent_by_seller,
        max(case
            when {{ json_text('items.item', 'fulfillmentChannelCode') }} = 'DEFAULT'
                then cast({{ json_text('items.item', 'quantity') }} as bigint)
        end) as quantity
    from source
    cross join {{ json_items('source.fulfillment_availability') }}
    group by source.account_id, source.sku
),

renamed as (
    select
        source.account_id,
        source.sku,
        coalesce(offered.is_sent_by_seller, false) as is_sent_by_seller,
        offered.quantity,
        {{ utc_timestamp('source.last_updated_date') }} as updated_at
    from source
    left join offered
        on source.account_id = offered.account_id
        and source.sku = offered.sku
)

select * from renamed
