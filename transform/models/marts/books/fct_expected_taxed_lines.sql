with

sales as (
    select document_key, order_id, entity_id, gift_card_minor, store_credit_minor, manual_minor, fee_minor
    from {{ ref('fct_expected_sales_receipts') }}
    where captured_minor > 0 and coalesce(held_back_reason, '') != 'on_terms'
    union all
    select document_key, order_id, entity_id, gift_card_minor, store_credit_minor, 0, 0
    from {{ ref('fct_expected_invoices') }}
),

early_payments as (
    select document_key, order_id, entity_id, total_minor, tax_minor
    from {{ ref('fct_expected_credit_notes') }}
    where credit_type = 'early_payment'
),

refund_receipts as (
    select document_key, refund_id, entity_id from {{ ref('fct_expected_refund_receipts') }} where gives_back != 'advance'
),

order_taxes as (
    select order_line_id, count(*) as taxes, max(tax_code) as tax_code
    from {{ ref('fct_tax_treatments') }}
    where tax_minor != 0
    group by order_line_id
),

refund_taxes as (
    select refund_line_id, count(*) as taxes, max(tax_code) as tax_code
    from {{ ref('fct_refund_tax_lines') }}
    where tax_minor != 0
    group by refund_line_id
),

-- Tax is charged on what is left after the discount; books that take tax by line want it on the price and back on the discount.
sold as (
    select
        sales.document_key, sales.entity_id, order_lines.line_type, order_lines.order_line_id as place_key,
        order_lines.gross_minor, order_lines.discount_minor, order_lines.tax_minor, order_taxes.taxes, order_taxes.tax_code,
        case
            when order_lines.line_type in ('product', 'gift_card')
                then coalesce(order_lines.sku || ' ', '') || coalesce(order_lines.title, order_lines.line_type)
                    || ' x ' || cast(order_lines.quantity as varchar)
            else coalesce(order_lines.title, order_lines.line_type)
        end as line_description,
        case when order_lines.net_minor > 0
            then {{ floor_divide('order_lines.tax_minor * order_lines.discount_minor', 'order_lines.net_minor') }}
            else 0
        end as discount_tax_minor
    from {{ ref('can_order_lines') }} as order_lines
    inner join sales using (order_id)
    left join order_taxes using (order_line_id)
),

-- A discount for paying early is one on the whole order, so its tax has a code only where the order has one.
order_codes as (
    select order_id, count(distinct tax_code) as taxes, max(tax_code) as tax_code
    from {{ ref('fct_tax_treatments') }}
    where tax_minor != 0
    group by order_id
),

returned as (
    select
        refund_receipts.document_key, refund_receipts.entity_id, refund_lines.line_type, refund_lines.refund_line_id as place_key,
        refund_lines.net_minor, refund_lines.tax_minor, refund_taxes.taxes, refund_taxes.tax_code,
        case
            when refund_lines.line_type = 'product'
                then 'Returned ' || coalesce(refund_lines.sku, 'goods') || ' x ' || cast(refund_lines.quantity as varchar)
            when refund_lines.line_type = 'shipping' then 'Shipping refunded'
            else 'Refunded: ' || refund_lines.line_type
        end as line_description
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join refund_receipts using (refund_id)
    left join refund_taxes using (refund_line_id)
),

entries as (
    select
        document_key, entity_id, 1 as place, place_key, {{ line_account('line_type') }} as account_number, line_description,
        gross_minor as line_amount_minor, tax_minor + discount_tax_minor as line_tax_minor, taxes, tax_code
    from sold
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    union all
    select
        document_key, entity_id, 2, place_key, accounts.discount, 'Discount on ' || line_description,
        -discount_minor, -discount_tax_minor, taxes, tax_code
    from sold
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where discount_minor != 0
    {%- for place, account, column, label in [
        (3, 'tender_gift_card', 'gift_card_minor', 'Paid with a gift card'),
        (4, 'tender_store_credit', 'store_credit_minor', 'Paid with store credit'),
        (5, 'tender_manual', 'manual_minor', 'Paid outside the processor'),
        (6, 'fee_processing', 'fee_minor', 'Processing fee'),
    ] %}
    union all
    select document_key, entity_id, {{ place }}, '', accounts.{{ account }}, '{{ label }}', -{{ column }}, 0, null, null
    from sales
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where {{ column }} != 0
    {%- endfor %}
    union all
    select
        document_key, entity_id, 1, place_key, {{ line_account('line_type', 'returned') }}, line_description,
        net_minor, tax_minor, taxes, tax_code
    from returned
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    union all
    select
        early_payments.document_key, early_payments.entity_id, 1, '', accounts.discount_early_payment, 'Discount for paying early',
        early_payments.total_minor - early_payments.tax_minor, early_payments.tax_minor, order_codes.taxes, order_codes.tax_code
    from early_payments
    inner join {{ ref('dim_posting_accounts') }} as accounts on early_payments.entity_id = accounts.entity_id
    left join order_codes using (order_id)
    union all
    select document_key, entity_id, place, place_key, account_number, line_description, line_amount_minor, line_tax_minor, taxes, tax_code
    from {{ ref('fct_deferred_document_lines') }}
),

lines as (
    select
        entries.document_key,
        cast(row_number() over (
            partition by entries.document_key order by entries.place, entries.place_key, entries.account_number
        ) as bigint) as line_number,
        entries.entity_id,
        entries.account_number,
        entries.line_description,
        cast(entries.line_amount_minor as bigint) as line_amount_minor,
        cast(entries.line_tax_minor as bigint) as line_tax_minor,
        entries.tax_code,
        book_tax_codes.platform_tax_code,
        -- Two taxes on one line have no place in books with one tax code a line.
        entries.line_tax_minor = 0 or (entries.taxes = 1 and book_tax_codes.platform_tax_code is not null) as is_tax_mapped
    from entries
    left join {{ ref('book_tax_codes') }} as book_tax_codes
        on entries.entity_id = book_tax_codes.entity_id and entries.tax_code = book_tax_codes.tax_code
    where entries.line_amount_minor != 0 or entries.line_tax_minor != 0
)

select * from lines
