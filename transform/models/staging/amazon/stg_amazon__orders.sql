with

source as (
    select * from {{ source('raw_amazon', 'orders') }}
),

taxes as (
    select
        source.account_id,
        source.order_id,
        max({{ json_text('items.item', 'subtotal.amount') }}) as tax_text
    from source
    cross join {{ json_items(json_value('source.proceeds', 'breakdowns')) }}
    where {{ json_text('items.item', 'type') }} = 'TAX'
    group by source.account_id, source.order_id
),

renamed as (
    select
        ----------  ids
        source.account_id,
        source.order_id as platform_order_id,
        {{ json_text('sales_channel', 'marketplaceId') }} as platform_marketplace_id,

        ----------  timestamps
        {{ utc_timestamp('created_time') }} as placed_at,
        {{ utc_timestamp('last_updated_time') }} as updated_at,

        ----------  flags
        coalesce(cast(programs as varchar), '') like '%"AMAZON_BUSINESS"%' as is_b2b,
        coalesce({{ json_text('fulfillment', 'fulfilledBy') }} = 'AMAZON', false) as is_fulfilled_by_channel,

        ----------  statuses
        {{ json_text('fulfillment', 'fulfillmentStatus') }} as platform_order_status,
        case {{ json_text('fulfillment', 'fulfillmentStatus') }}
            when 'SHIPPED' then 'fulfilled'
            when 'PARTIALLY_SHIPPED' then 'partial'
            when 'UNSHIPPED' then 'unfulfilled'
            when 'PENDING' then 'unfulfilled'
            when 'PENDING_AVAILABILITY' then 'unfulfilled'
            when 'CANCELLED' then 'unfulfilled'
            when 'UNFULFILLABLE' then 'unfulfilled'
            else 'unmapped'
        end as order_fulfilment_status,

        ----------  money
        upper({{ json_text('proceeds', 'grandTotal.currencyCode') }}) as currency_code,
        {{ json_text('proceeds', 'grandTotal.amount') }} as total_text,
        {{ to_minor(json_text('proceeds', 'grandTotal.amount'), "upper(" ~ json_text('proceeds', 'grandTotal.currencyCode') ~ ")") }} as total_minor,
        taxes.tax_text,
        {{ to_minor('taxes.tax_text', "upper(" ~ json_text('proceeds', 'grandTotal.currencyCode') ~ ")") }} as tax_minor
    from source
    left join taxes
        on source.account_id = taxes.account_id
        and source.order_id = taxes.order_id
)

select * from renamed
