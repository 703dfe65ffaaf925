with

source as (
    select
        account_id,
        id as order_gid,
        upper(currency_code) as currency_code,
        coalesce(taxes_included, false) as is_tax_included,
        line_items
    from {{ source('raw_shopify', 'orders') }}
),

opened as (
    select
        source.account_id,
        source.order_gid,
        source.currency_code,
        source.is_tax_included,
        items.item as line,
        {{ json_value('items.item', 'taxLines') }} as tax_lines,
        {{ json_value('items.item', 'discountAllocations') }} as discounts,
        {{ json_value('items.item', 'duties') }} as duties
    from source
    cross join {{ json_items('source.line_items') }}
),

renamed as (
    select
        account_id,
        {{ gid_number('order_gid') }} as platform_order_id,
        {{ gid_number(json_text('line', 'id')) }} as platform_line_id,
        nullif({{ json_text('line', 'sku') }}, '') as sku,
        {{ json_text('line', 'title') }} as title,
        -- A tip the buyer left is a line of nothing: no product, nothing to ship, never taxed.
        case
            when {{ json_text('line', 'isGiftCard') }} = 'true' then 'gift_card'
            when {{ json_text('line', 'product.id') }} is null and {{ json_text('line', 'requiresShipping') }} = 'false'
                and lower({{ json_text('line', 'title') }}) = 'tip' then 'tip'
            else 'product'
        end as line_type,
        cast({{ json_text('line', 'quantity') }} as bigint) as quantity,
        cast({{ json_text('line', 'currentQuantity') }} as bigint) as current_quantity,
        is_tax_included,
        currency_code,
        {{ json_text('line', 'originalUnitPriceSet.shopMoney.amount') }} as unit_price_text,
        {{ to_minor(json_text('line', 'originalUnitPriceSet.shopMoney.amount'), 'currency_code') }} as unit_price_minor,
        {{ json_text('line', 'originalTotalSet.shopMoney.amount') }} as price_text,
        {{ to_minor(json_text('line', 'originalTotalSet.shopMoney.amount'), 'currency_code') }} as price_minor,
        {{ json_sum_minor('discounts', 'allocatedAmountSet.shopMoney.amount', 'currency_code') }} as discount_minor,
        {{ json_sum_minor('tax_lines', 'priceSet.shopMoney.amount', 'currency_code') }} as tax_minor,
        {{ json_sum_minor('duties', 'price.shopMoney.amount', 'currency_code') }} as duty_minor
    from opened
)

select * from renamed
