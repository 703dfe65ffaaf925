with

source as (
    select
        account_id,
        id as order_gid,
        upper(currency_code) as currency_code,
        coalesce(taxes_included, false) as is_tax_included,
        shipping_lines,
        additional_fees,
        line_items
    from {{ source('raw_shopify', 'orders') }}
),

shipping as (
    select
        source.account_id,
        source.order_gid,
        source.currency_code,
        source.is_tax_included,
        'shipping' as line_type,
        -- A shipping line may come without an id; its place in the order is then its name.
        coalesce({{ gid_number(json_text('items.item', 'id')) }}, {{ gid_number('source.order_gid') }} || '-' || cast(items.item_number as varchar)) as charge_id,
        {{ json_text('items.item', 'title') }} as title,
        {{ json_text('items.item', 'originalPriceSet.shopMoney.amount') }} as price_text,
        {{ json_value('items.item', 'taxLines') }} as tax_lines,
        {{ json_value('items.item', 'discountAllocations') }} as discounts
    from source
    cross join {{ json_items('source.shipping_lines') }}
),

fees as (
    select
        source.account_id,
        source.order_gid,
        source.currency_code,
        source.is_tax_included,
        'fee' as line_type,
        {{ gid_number(json_text('items.item', 'id')) }} as charge_id,
        {{ json_text('items.item', 'name') }} as title,
        {{ json_text('items.item', 'price.shopMoney.amount') }} as price_text,
        {{ json_value('items.item', 'taxLines') }} as tax_lines,
        cast(null as json) as discounts
    from source
    cross join {{ json_items('source.additional_fees') }}
),

dutiable as (
    select source.account_id, source.order_gid, source.currency_code, source.is_tax_included, {{ json_value('items.item', 'duties') }} as duties
    from source
    cross join {{ json_items('source.line_items') }}
),

duties as (
    select
        dutiable.account_id,
        dutiable.order_gid,
        dutiable.currency_code,
        dutiable.is_tax_included,
        'duty' as line_type,
        {{ gid_number(json_text('items.item', 'id')) }} as charge_id,
        'Duty' as title,
        {{ json_text('items.item', 'price.shopMoney.amount') }} as price_text,
        {{ json_value('items.item', 'taxLines') }} as tax_lines,
        cast(null as json) as discounts
    from dutiable
    cross join {{ json_items('dutiable.duties') }}
),

charges as (
    select * from shipping
    union all
    select * from fees
    union all
    select * from duties
),

renamed as (
    select
        account_id,
        {{ gid_number('order_gid') }} as platform_order_id,
        line_type || ':' || charge_id as platform_line_id,
        line_type,
        title,
        is_tax_included,
        currency_code,
        price_text,
        {{ to_minor('price_text', 'currency_code') }} as price_minor,
        {{ json_sum_minor('discounts', 'allocatedAmountSet.shopMoney.amount', 'currency_code') }} as discount_minor,
        {{ json_sum_minor('tax_lines', 'priceSet.shopMoney.amount', 'currency_code') }} as tax_minor
    from charges
)

select * from renamed
