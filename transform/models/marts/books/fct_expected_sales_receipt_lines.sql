with receipts as (
    select * from {{ ref('fct_expected_sales_receipts') }} where captured_minor > 0
),

order_lines as (
    select order_lines.*, receipts.document_key
    from {{ ref('can_order_lines') }} as order_lines
    inner join receipts on order_lines.order_id = receipts.order_id
),

sold as (
    select
        document_key,
        case line_type
            when 'product' then 1 when 'shipping' then 3 when 'gift_card' then 4 when 'tip' then 5
            when 'fee' then 6 when 'duty' then 7 else 8
        end as place,
        order_line_id as place_key,
        case line_type
            when 'product' then 'Product' when 'shipping' then 'Shipping' when 'gift_card' then 'Gift card'
            when 'tip' then 'Tip' when 'fee' then 'Customer fee' when 'duty' then 'Duties' else 'Rounding'
        end as item_name,
        case line_type
            when 'product' then '4000' when 'shipping' then '4030' when 'gift_card' then '2200'
            when 'tip' then '2340' when 'fee' then '4060' when 'duty' then '2120' else '7090'
        end as account_number,
        case
            when line_type in ('product', 'gift_card') then coalesce(sku || ' ', '') || coalesce(title, line_type)
                || ' x ' || cast(quantity as varchar)
            else coalesce(title, line_type)
        end as line_description,
        gross_minor as line_amount_minor
    from order_lines
),

discounts as (
    select document_key, 2 as place, '' as place_key, 'Discount' as item_name, '4010' as account_number,
        'Discounts' as line_description, -{{ sum_minor('discount_minor') }} as line_amount_minor
    from order_lines
    group by document_key
),

taxes as (
    select document_key, 9 as place, '' as place_key, 'Sales tax' as item_name, '2100' as account_number,
        'Sales tax' as line_description, {{ sum_minor('tax_minor') }} as line_amount_minor
    from order_lines
    group by document_key
),

deductions as (
    {%- for place, item, account, column, label in [
        (10, 'Gift card', '2200', 'gift_card_minor', 'Paid with a gift card'),
        (11, 'Store credit', '2210', 'store_credit_minor', 'Paid with store credit'),
        (12, 'Manual payment', '1140', 'manual_minor', 'Paid outside the processor'),
        (13, 'Fee', '6000', 'fee_minor', 'Processing fee'),
    ] %}
    select document_key, {{ place }} as place, '' as place_key, '{{ item }}' as item_name, '{{ account }}' as account_number,
        '{{ label }}' as line_description, -{{ column }} as line_amount_minor
    from receipts
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

entries as (
    select * from sold
    union all
    select * from discounts
    union all
    select * from taxes
    union all
    select * from deductions
),

lines as (
    select
        document_key,
        cast(row_number() over (partition by document_key order by place, place_key) as bigint) as line_number,
        item_name,
        account_number,
        line_description,
        cast(line_amount_minor as bigint) as line_amount_minor
    from entries
    where line_amount_minor <> 0
)

select * from lines
