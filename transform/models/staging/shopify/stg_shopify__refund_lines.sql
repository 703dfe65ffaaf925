with

source as (
    select account_id, id as order_gid, upper(currency_code) as currency_code, coalesce(taxes_included, false) as is_tax_included, refunds
    from {{ source('raw_shopify', 'orders') }}
),

refunds as (
    select
        source.account_id,
        source.order_gid,
        source.currency_code,
        source.is_tax_included,
        items.item as refund,
        {{ json_value('items.item', 'refundLineItems') }} as refund_line_items,
        {{ json_value('items.item', 'refundShippingLines') }} as refund_shipping_lines,
        {{ json_value('items.item', 'orderAdjustments') }} as order_adjustments,
        {{ json_value('items.item', 'duties') }} as duties
    from source
    cross join {{ json_items('source.refunds') }}
),

goods as (
    select
        refunds.*,
        items.item as part,
        coalesce({{ gid_number(json_text('items.item', 'id')) }}, cast(items.item_number as varchar)) as part_id,
        case when {{ json_text('items.item', 'lineItem.isGiftCard') }} = 'true' then 'gift_card' else 'product' end as line_type,
        {{ gid_number(json_text('items.item', 'lineItem.id')) }} as platform_line_id,
        {{ json_text('items.item', 'subtotalSet.shopMoney.amount') }} as amount_text,
        {{ json_text('items.item', 'totalTaxSet.shopMoney.amount') }} as tax_text
    from refunds
    cross join {{ json_items('refunds.refund_line_items') }}
),

shipping as (
    select
        refunds.*,
        items.item as part,
        'shipping-' || coalesce({{ gid_number(json_text('items.item', 'id')) }}, cast(items.item_number as varchar)) as part_id,
        'shipping' as line_type,
        'shipping:' || {{ gid_number(json_text('items.item', 'shippingLine.id')) }} as platform_line_id,
        {{ json_text('items.item', 'subtotalAmountSet.shopMoney.amount') }} as amount_text,
        {{ json_text('items.item', 'taxAmountSet.shopMoney.amount') }} as tax_text
    from refunds
    cross join {{ json_items('refunds.refund_shipping_lines') }}
),

adjustments as (
    select
        refunds.*,
        items.item as part,
        'adjustment-' || coalesce({{ gid_number(json_text('items.item', 'id')) }}, cast(items.item_number as varchar)) as part_id,
        'adjustment' as line_type,
        cast(null as varchar) as platform_line_id,
        {{ json_text('items.item', 'amountSet.shopMoney.amount') }} as amount_text,
        {{ json_text('items.item', 'taxAmountSet.shopMoney.amount') }} as tax_text
    from refunds
    cross join {{ json_items('refunds.order_adjustments') }}
),

duties as (
    select
        refunds.*,
        items.item as part,
        'duty-' || cast(items.item_number as varchar) as part_id,
        'duty' as line_type,
        cast(null as varchar) as platform_line_id,
        {{ json_text('items.item', 'amountSet.shopMoney.amount') }} as amount_text,
        '0' as tax_text
    from refunds
    cross join {{ json_items('refunds.duties') }}
),

parts as (
    select * from goods
    union all
    select * from shipping
    union all
    select * from adjustments
    union all
    select * from duties
),

renamed as (
    select
        account_id,
        {{ gid_number('order_gid') }} as platform_order_id,
        {{ gid_number(json_text('refund', 'id')) }} as platform_refund_id,
        part_id as platform_refund_line_id,
        platform_line_id,
        line_type,
        nullif({{ json_text('part', 'lineItem.sku') }}, '') as sku,
        coalesce(cast({{ json_text('part', 'quantity') }} as bigint), 0) as quantity,
        case
            when line_type <> 'product' or {{ json_text('part', 'restockType') }} = 'NO_RESTOCK' then 'not_restocked'
            when {{ json_text('part', 'restockType') }} in ('RETURN', 'LEGACY_RESTOCK') then 'restocked'
            when {{ json_text('part', 'restockType') }} = 'CANCEL' then 'cancelled'
            else 'unmapped'
        end as restock_type,
        is_tax_included,
        currency_code,
        amount_text,
        {{ to_minor('amount_text', 'currency_code') }} as amount_minor,
        tax_text,
        {{ to_minor('tax_text', 'currency_code') }} as tax_minor
    from parts
)

select * from renamed
