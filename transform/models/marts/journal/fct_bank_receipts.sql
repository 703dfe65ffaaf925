with

bank_lines as (
    select *, platform || ':' || account_id as bank_account from {{ ref('can_bank_lines') }}
),

reconciliations as (
    select order_id, is_processor_connected from {{ ref('fct_order_reconciliation') }}
),

manual_legs as (
    select order_payment_id, order_id, amount_minor,
        row_number() over (partition by order_id, amount_minor order by processed_at, order_payment_id) as nth
    from {{ ref('can_order_payments') }}
    where tender_type = 'manual' and payment_type in ('capture', 'sale') and payment_status = 'succeeded'
),

-- A line that names an invoice settles it; where the storefront had told of that payment, it settles the payment.
invoiced as (
    select
        settlements.bank_line_id, settlements.order_id, settlements.order_payment_id,
        case
            when settlements.tender_type = 'manual' or (settlements.order_payment_id is not null and not reconciliations.is_processor_connected)
                then 'manual_payment'
            else 'receivable'
        end as settles
    from {{ ref('fct_invoice_settlements') }} as settlements
    left join reconciliations using (order_id)
    where settlements.bank_line_id is not null
),

recognitions as (
    select *, upper(replace(trim(order_number), '#', '')) as number_key
    from {{ ref('fct_order_recognitions') }}
    where recognised_date is not null and not is_on_terms
),

-- Two orders with one number prove nothing about money that bears it.
unique_orders as (
    select entity_id, currency_code, number_key, min(order_id) as order_id
    from recognitions
    where number_key is not null and number_key != ''
    group by entity_id, currency_code, number_key
    having count(*) = 1
),

addressed as (
    select
        bank_lines.bank_line_id, unique_orders.order_id, bank_lines.amount_minor,
        row_number() over (
            partition by unique_orders.order_id, bank_lines.amount_minor order by bank_lines.value_date, bank_lines.bank_line_id
        ) as nth
    from bank_lines
    inner join unique_orders
        on bank_lines.entity_id = unique_orders.entity_id
        and bank_lines.currency_code = unique_orders.currency_code
        and upper(replace(trim(bank_lines.reference), '#', '')) = unique_orders.number_key
    left join invoiced on bank_lines.bank_line_id = invoiced.bank_line_id
    left join {{ ref('fct_payout_bank_links') }} as links on bank_lines.bank_line_id = links.bank_line_id
    where bank_lines.amount_minor > 0 and invoiced.bank_line_id is null and links.bank_line_id is null
),

-- Of an order that is not on terms, only money of exactly a payment the storefront told of is known.
transferred as (
    select addressed.bank_line_id, addressed.order_id, manual_legs.order_payment_id, 'manual_payment' as settles
    from addressed
    inner join manual_legs using (order_id, amount_minor, nth)
),

settled as (
    select * from invoiced
    union all
    select * from transferred
)

select
    settled.bank_line_id, bank_lines.entity_id, bank_lines.bank_account, settled.order_id, settled.order_payment_id, bank_lines.value_date,
    bank_lines.amount_minor, bank_lines.currency_code, settled.settles
from settled
inner join bank_lines using (bank_line_id)
