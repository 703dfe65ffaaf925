with

bank_lines as (
    select bank_lines.*, upper(replace(trim(bank_lines.reference), '#', '')) as number_key
    from {{ ref('can_bank_lines') }} as bank_lines
    left join {{ ref('fct_payouts') }} as payouts
        on bank_lines.bank_line_id = payouts.bank_line_id
    where payouts.payout_id is null and bank_lines.amount_minor > 0 and bank_lines.reference is not null
),

recognitions as (
    select *, upper(replace(trim(order_number), '#', '')) as number_key
    from {{ ref('fct_order_recognitions') }}
    where recognised_date is not null
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
        bank_lines.bank_line_id, bank_lines.entity_id, bank_lines.platform || ':' || bank_lines.account_id as bank_account,
        unique_orders.order_id, bank_lines.value_date, bank_lines.amount_minor, bank_lines.currency_code,
        row_number() over (
            partition by unique_orders.order_id, bank_lines.amount_minor order by bank_lines.value_date, bank_lines.bank_line_id
        ) as nth
    from bank_lines
    inner join unique_orders using (entity_id, currency_code, number_key)
),

manual_legs as (
    select order_payment_id, order_id, amount_minor,
        row_number() over (partition by order_id, amount_minor order by processed_at, order_payment_id) as nth
    from {{ ref('can_order_payments') }}
    where tender_type = 'manual' and payment_type in ('capture', 'sale') and payment_status = 'succeeded'
),

-- Money the storefront already knows of settles that payment; other money settles what the order still owes.
settled as (
    select
        addressed.bank_line_id, addressed.entity_id, addressed.bank_account, addressed.order_id, manual_legs.order_payment_id,
        addressed.value_date, addressed.amount_minor, addressed.currency_code,
        case when manual_legs.order_payment_id is not null then 'manual_payment' else 'receivable' end as settles
    from addressed
    left join manual_legs using (order_id, amount_minor, nth)
    left join recognitions on addressed.order_id = recognitions.order_id
    where manual_legs.order_payment_id is not null or recognitions.is_on_terms
)

select * from settled
