with

advances as (
    select * from {{ ref('fct_expected_advances') }}
),

sales as (
    select document_key, order_id, entity_id, advance_minor, advance_tax_minor
    from {{ ref('fct_expected_sales_receipts') }}
    where captured_minor > 0 and (advance_minor != 0 or advance_tax_minor != 0)
),

refunds as (
    select document_key, refund_id, entity_id, case gives_back when 'advance' then 1 else -1 end as sign, advance_minor, advance_tax_minor
    from {{ ref('fct_expected_refund_receipts') }}
    where gives_back != 'sale'
),

-- What of each payment, and of each refund, bears which tax.
taxes as (
    select event_type, order_id, settled_leg_id, refund_id, tax_code, {{ sum_minor('taxable_minor') }} as taxable_minor, {{ sum_minor('tax_minor') }} as tax_minor
    from {{ ref('fct_advance_tax_lines') }}
    where event_type in ('advance', 'advance_return') and tax_minor != 0
    group by event_type, order_id, settled_leg_id, refund_id, tax_code
),

taxed as (
    select advances.document_key, advances.entity_id, taxes.tax_code, taxes.taxable_minor, taxes.tax_minor
    from advances
    inner join taxes on taxes.event_type = 'advance' and advances.settled_leg_id = taxes.settled_leg_id
    union all
    select sales.document_key, sales.entity_id, taxes.tax_code, -taxes.taxable_minor, -taxes.tax_minor
    from sales
    inner join taxes on taxes.event_type = 'advance' and sales.order_id = taxes.order_id
    union all
    select refunds.document_key, refunds.entity_id, taxes.tax_code, -refunds.sign * taxes.taxable_minor, -refunds.sign * taxes.tax_minor
    from refunds
    inner join taxes on taxes.event_type = 'advance_return' and refunds.refund_id = taxes.refund_id
),

whole as (
    select document_key, entity_id, deferred_minor as line_amount_minor, tax_minor as line_tax_minor from advances
    union all
    select document_key, entity_id, -advance_minor, -advance_tax_minor from sales
    union all
    select document_key, entity_id, sign * advance_minor, sign * advance_tax_minor from refunds
),

codes as (
    select document_key, entity_id, tax_code, {{ sum_minor('taxable_minor') }} as line_amount_minor, {{ sum_minor('tax_minor') }} as line_tax_minor
    from taxed
    group by document_key, entity_id, tax_code
),

-- What bears no tax, and tax of which nobody knows the code: a line of its own, which then can not be written.
rests as (
    select document_key, entity_id, {{ sum_minor('line_amount_minor') }} as line_amount_minor, {{ sum_minor('line_tax_minor') }} as line_tax_minor
    from (
        select document_key, entity_id, line_amount_minor, line_tax_minor from whole
        union all
        select document_key, entity_id, -line_amount_minor, -line_tax_minor from codes
    ) as sides
    group by document_key, entity_id
),

lines as (
    -- A tax without a code stands beside the rest: each has a place of its own, or the lines would be numbered by chance.
    select document_key, entity_id, coalesce(tax_code, '?') as place_key, tax_code, line_amount_minor, line_tax_minor, 1 as taxes from codes
    union all
    select document_key, entity_id, '', null, line_amount_minor, line_tax_minor, 0 from rests
)

select
    document_key, entity_id, cast(7 as bigint) as place, place_key, accounts.deferred as account_number, 'Paid before it is sent' as line_description,
    cast(line_amount_minor as bigint) as line_amount_minor, cast(line_tax_minor as bigint) as line_tax_minor, cast(taxes as bigint) as taxes, tax_code
from lines
inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
where line_amount_minor != 0 or line_tax_minor != 0
union all
select
    other_lines.document_key, advances.entity_id, cast(8 as bigint), cast(other_lines.line_number as varchar), other_lines.account_number, other_lines.line_description,
    other_lines.line_amount_minor, cast(0 as bigint), cast(null as bigint), cast(null as varchar)
from {{ ref('fct_expected_advance_lines') }} as other_lines
inner join advances on other_lines.document_key = advances.document_key
where other_lines.item_name not in ('Deferred revenue', 'Sales tax')
