{#
    What an order's document says was sold, before how it was paid: goods, discounts, shipping, gift cards, tips, fees, tax.
    One body for a receipt and an invoice. `documents` is a relation with order_id, entity_id and document_key.
#}
{% macro order_document_lines(documents) -%}
    select
        documents.document_key,
        case order_lines.line_type
            when 'product' then 1 when 'shipping' then 3 when 'gift_card' then 4 when 'tip' then 5
            when 'fee' then 6 when 'duty' then 7 else 8
        end as place,
        order_lines.order_line_id as place_key,
        case order_lines.line_type
            when 'product' then 'Product' when 'shipping' then 'Shipping' when 'gift_card' then 'Gift card'
            when 'tip' then 'Tip' when 'fee' then 'Customer fee' when 'duty' then 'Duties' else 'Cash rounding'
        end as item_name,
        {{ line_account('order_lines.line_type') }} as account_number,
        case
            when order_lines.line_type in ('product', 'gift_card')
                then coalesce(order_lines.sku || ' ', '') || coalesce(order_lines.title, order_lines.line_type)
                    || ' x ' || cast(order_lines.quantity as varchar)
            else coalesce(order_lines.title, order_lines.line_type)
        end as line_description,
        order_lines.gross_minor as line_amount_minor
    from {{ ref('can_order_lines') }} as order_lines
    inner join {{ documents }} as documents on order_lines.order_id = documents.order_id
    inner join {{ ref('dim_posting_accounts') }} as accounts on documents.entity_id = accounts.entity_id
    {%- for place, item, account, label, amount in [
        (2, 'Discount', 'discount', 'Discounts', '-' ~ sum_minor('order_lines.discount_minor')),
        (9, 'Sales tax', 'tax', 'Sales tax', sum_minor('order_lines.tax_minor')),
    ] %}
    union all
    select documents.document_key, {{ place }}, '', '{{ item }}', max(accounts.{{ account }}), '{{ label }}', {{ amount }}
    from {{ ref('can_order_lines') }} as order_lines
    inner join {{ documents }} as documents on order_lines.order_id = documents.order_id
    inner join {{ ref('dim_posting_accounts') }} as accounts on documents.entity_id = accounts.entity_id
    group by documents.document_key
    {%- endfor %}
{%- endmacro %}
