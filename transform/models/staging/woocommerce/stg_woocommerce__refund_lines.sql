with

source as (
    select account_id, id, order_id, upper(order_currency) as currency_code, line_items, shipping_lines, fee_lines
    from {{ source('raw_woocommerce', 'order_refunds') }}
),

opened as (
    select source.account_id, source.id, source.order_id, source.currency_code, 'product' as kind, items.item as line
    from source
    cross join {{ json_items('source.line_items') }}
    union all
    select source.account_id, source.id, source.order_id, source.currency_code, 'shipping' as kind, items.item as line
    from source
    cross join {{ json_items('source.shipping_lines') }}
    union all
    select source.account_id, source.id, source.order_id, source.currency_code, 'fee' as kind, items.item as line
    from source
    cross join {{ json_items('source.fee_lines') }}
),

-- The line of the order that is given back is named in the refund line's meta data, nowhere else.
named as (
    select
        opened.*,
        {{ json_value('opened.line', 'meta_data') }} as meta_data
    from opened
),

sold as (
    select named.account_id, named.id, {{ json_text('named.line', 'id') }} as line_id, max({{ json_text('items.item', 'value') }}) as sold_line_id
    from named
    cross join {{ json_items('named.meta_data') }}
    where {{ json_text('items.item', 'key') }} = '_refunded_item_id'
    group by named.account_id, named.id, {{ json_text('named.line', 'id') }}
),

renamed as (
    select
        named.account_id,
        cast(named.order_id as varchar) as platform_order_id,
        cast(named.id as varchar) as platform_refund_id,
        case when named.kind = 'product' then '' else named.kind || '-' end || {{ json_text('named.line', 'id') }} as platform_refund_line_id,
        case when named.kind = 'product' then '' else named.kind || ':' end || sold.sold_line_id as platform_line_id,
        case
            when named.kind = 'product' and lower({{ json_text('named.line', 'sku') }}) like 'gift%card%' then 'gift_card'
            when named.kind = 'fee' and lower({{ json_text('named.line', 'name') }}) in ('tip', 'tips', 'gratuity') then 'tip'
            else named.kind
        end as line_type,
        nullif({{ json_text('named.line', 'sku') }}, '') as sku,
        abs(cast(coalesce({{ json_text('named.line', 'quantity') }}, '0') as bigint)) as quantity,
        named.currency_code,
        -- Refund lines are negative at the platform; what is given back is positive here.
        {{ json_text('named.line', 'total') }} as net_text,
        -{{ to_minor(json_text('named.line', 'total'), 'named.currency_code') }} as net_minor,
        {{ json_text('named.line', 'total_tax') }} as tax_text,
        coalesce(-{{ to_minor("nullif(" ~ json_text('named.line', 'total_tax') ~ ", '')", 'named.currency_code') }}, 0) as tax_minor
    from named
    left join sold
        on named.account_id = sold.account_id and named.id = sold.id and {{ json_text('named.line', 'id') }} = sold.line_id
)

select * from renamed
