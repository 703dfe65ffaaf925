with

source as (
    select account_id, id as order_gid, upper(currency_code) as currency_code, line_items, shipping_lines, additional_fees
    from {{ source('raw_shopify', 'orders') }}
),

goods as (
    select
        source.account_id,
        source.order_gid,
        source.currency_code,
        items.item as line,
        {{ gid_number(json_text('items.item', 'id')) }} as platform_line_id
    from source
    cross join {{ json_items('source.line_items') }}
),

duties as (
    select goods.account_id, goods.order_gid, goods.currency_code, items.item as line, 'duty:' || {{ gid_number(json_text('items.item', 'id')) }} as platform_line_id
    from (select *, {{ json_value('line', 'duties') }} as line_duties from goods) as goods
    cross join {{ json_items('goods.line_duties') }}
),

-- Shipping without an id is named by its place, as in stg_shopify__order_charges.
charges as (
    select
        source.account_id, source.order_gid, source.currency_code, items.item as line,
        'shipping:' || coalesce({{ gid_number(json_text('items.item', 'id')) }}, {{ gid_number('source.order_gid') }} || '-' || cast(items.item_number as varchar)) as platform_line_id
    from source
    cross join {{ json_items('source.shipping_lines') }}
    union all
    select source.account_id, source.order_gid, source.currency_code, items.item as line, 'fee:' || {{ gid_number(json_text('items.item', 'id')) }} as platform_line_id
    from source
    cross join {{ json_items('source.additional_fees') }}
),

taxed as (
    select *, {{ json_value('line', 'taxLines') }} as tax_lines from goods
    union all
    select *, {{ json_value('line', 'taxLines') }} as tax_lines from duties
    union all
    select *, {{ json_value('line', 'taxLines') }} as tax_lines from charges
),

renamed as (
    select
        taxed.account_id,
        {{ gid_number('taxed.order_gid') }} as platform_order_id,
        taxed.platform_line_id,
        cast(items.item_number as bigint) as tax_line_number,
        {{ json_text('items.item', 'title') }} as tax_name,
        {{ percent_to_ppm(json_text('items.item', 'ratePercentage')) }} as rate_ppm,
        coalesce({{ json_text('items.item', 'channelLiable') }} = 'true', false) as is_collected_by_marketplace,
        taxed.currency_code,
        {{ json_text('items.item', 'priceSet.shopMoney.amount') }} as tax_text,
        {{ to_minor(json_text('items.item', 'priceSet.shopMoney.amount'), 'taxed.currency_code') }} as tax_minor
    from taxed
    cross join {{ json_items('taxed.tax_lines') }}
)

select * from renamed
