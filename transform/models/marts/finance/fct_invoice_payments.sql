with

orders as (
    select * from {{ ref('fct_order_reconciliation') }} where terms_minor > 0
),

invoices as (
    select document_key, order_id from {{ ref('fct_expected_invoices') }}
),

named as (
    select
        bank_lines.bank_line_id, orders.order_id, bank_lines.entity_id, bank_lines.value_date, bank_lines.amount_minor,
        bank_lines.currency_code, bank_lines.match_strength, orders.order_number, orders.terms_minor,
        cast(sum(bank_lines.amount_minor) over (
            partition by orders.order_id order by bank_lines.value_date, bank_lines.bank_line_id rows unbounded preceding
        ) as bigint) as paid_so_far_minor
    from {{ ref('fct_invoice_bank_lines') }} as bank_lines
    inner join invoices on bank_lines.document_key = invoices.document_key
    inner join orders on invoices.order_id = orders.order_id
)

-- More than was owed is no payment of the invoice but a question for a person.
select
    bank_line_id, order_id, entity_id, order_number, value_date, amount_minor, currency_code, match_strength,
    terms_minor - paid_so_far_minor as open_after_minor
from named
where paid_so_far_minor <= terms_minor
