with

source as (
    select account_id, id, upper(currency) as currency_code, line_items, shipping_lines, fee_lines, tax_lines
    from {{ source('raw_woocommerce', 'orders') }}
),

lines as (
    select source.account_id, source.id, source.currency_code, {{ json_text('items.item', 'id') }} as platform_line_id, {{ json_value('items.item', 'taxes') }} as taxes
    from source
    cross join {{ json_items('source.line_items') }}
    union all
    select source.account_id, source.id, source.currency_code, 'shipping:' || {{ json_text('items.item', 'id') }} as platform_line_id, {{ json_value('items.item', 'taxes') }} as taxes
    from source
    cross join {{ json_items('source.shipping_lines') }}
    union all
    select source.account_id, source.id, source.currency_code, 'fee:' || {{ json_text('items.item', 'id') }} as platform_line_id, {{ json_value('items.item', 'taxes') }} as taxes
    from source
    cross join {{ json_items('source.fee_lines') }}
),

-- What a tax is called and how high it is stands once in the order; its lines only point at it.
rates as (
    select
        source.account_id,
        source.id,
        {{ json_text('items.item', 'rate_id') }} as platform_rate_id,
        {{ json_text('items.item', 'label') }} as tax_name,
        nullif({{ json_text('items.item', 'rate_code') }}, '') as rate_code,
        {{ percent_to_ppm(json_text('items.item', 'rate_percent')) }} as rate_ppm,
        coalesce({{ json_text('items.item', 'compound') }} = 'true', false) as is_compound
    from source
    cross join {{ json_items('source.tax_lines') }}
),

renamed as (
    select
        lines.account_id,
        cast(lines.id as varchar) as platform_order_id,
        lines.platform_line_id,
        cast(items.item_number as bigint) as tax_line_number,
        {{ json_text('items.item', 'id') }} as platform_rate_id,
        rates.tax_name,
        rates.rate_code,
        rates.rate_ppm,
        coalesce(rates.is_compound, false) as is_compound,
        lines.currency_code,
        {{ json_text('items.item', 'total') }} as tax_text,
        -- A shop that rounds at the end keeps fractions of a cent here; the cents are shared out in canonical.
        cast(cast({{ json_text('items.item', 'total') }} as decimal(28, 6)) * 1000000 as bigint) as tax_micros
    from lines
    cross join {{ json_items('lines.taxes') }}
    left join rates
        on lines.account_id = rates.account_id and lines.id = rates.id and {{ json_text('items.item', 'id') }} = rates.platform_rate_id
    -- A rate of the order that does not touch this line is listed with an empty amount.
    where nullif({{ json_text('items.item', 'total') }}, '') is not null
)

select * from renamed
