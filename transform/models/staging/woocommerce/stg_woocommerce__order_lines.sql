with

source as (
    select account_id, id, upper(currency) as currency_code, line_items, shipping_lines, fee_lines
    from {{ source('raw_woocommerce', 'orders') }}
),

opened as (
    select source.account_id, source.id, source.currency_code, 'product' as kind, items.item as line
    from source
    cross join {{ json_items('source.line_items') }}
    union all
    select source.account_id, source.id, source.currency_code, 'shipping' as kind, items.item as line
    from source
    cross join {{ json_items('source.shipping_lines') }}
    union all
    select source.account_id, source.id, source.currency_code, 'fee' as kind, items.item as line
    from source
    cross join {{ json_items('source.fee_lines') }}
),

renamed as (
    select
        account_id,
        cast(id as varchar) as platform_order_id,
        case when kind = 'product' then '' else kind || ':' end || {{ json_text('line', 'id') }} as platform_line_id,
        case
            when kind = 'product' and (
                lower(cast({{ json_value('line', 'meta_data') }} as varchar)) like '%gift_card%' or lower({{ json_text('line', 'sku') }}) like 'gift%card%'
            ) then 'gift_card'
            when kind = 'fee' and lower({{ json_text('line', 'name') }}) in ('tip', 'tips', 'gratuity') then 'tip'
            else kind
        end as line_type,
        nullif({{ json_text('line', 'sku') }}, '') as sku,
        coalesce({{ json_text('line', 'name') }}, {{ json_text('line', 'method_title') }}) as title,
        cast(coalesce({{ json_text('line', 'quantity') }}, '1') as bigint) as quantity,
        currency_code,
        -- Goods have a price before discounts (`subtotal`); shipping and fees only what was charged. None holds tax.
        coalesce({{ json_text('line', 'subtotal') }}, {{ json_text('line', 'total') }}) as gross_text,
        {{ to_minor("coalesce(" ~ json_text('line', 'subtotal') ~ ", " ~ json_text('line', 'total') ~ ")", 'currency_code') }} as gross_minor,
        {{ json_text('line', 'total') }} as net_text,
        {{ to_minor(json_text('line', 'total'), 'currency_code') }} as net_minor,
        {{ json_text('line', 'total_tax') }} as tax_text,
        coalesce({{ to_minor("nullif(" ~ json_text('line', 'total_tax') ~ ", '')", 'currency_code') }}, 0) as tax_minor
    from opened
)

select * from renamed
