with

orders as (
    select * from {{ ref('fct_order_reconciliation') }} where terms_minor > 0
),

bank_lines as (
    select * from {{ ref('can_bank_lines') }} where amount_minor > 0
),

links as (
    select distinct bank_line_id from {{ ref('fct_payout_bank_links') }}
),

-- The customer repeats the order's number; a number that two orders of the company bear names neither.
numbers as (
    select entity_id, currency_code, order_number, min(order_id) as order_id
    from orders
    group by entity_id, currency_code, order_number
    having count(*) = 1
),

named as (
    select
        bank_lines.bank_line_id, numbers.order_id, bank_lines.entity_id, bank_lines.value_date, bank_lines.amount_minor,
        bank_lines.currency_code, orders.order_number, orders.terms_minor,
        cast(sum(bank_lines.amount_minor) over (
            partition by numbers.order_id order by bank_lines.value_date, bank_lines.bank_line_id rows unbounded preceding
        ) as bigint) as paid_so_far_minor
    from bank_lines
    inner join numbers
        on bank_lines.entity_id = numbers.entity_id
        and bank_lines.currency_code = numbers.currency_code
        and bank_lines.reference = numbers.order_number
    inner join orders
        on numbers.order_id = orders.order_id
    left join links
        on bank_lines.bank_line_id = links.bank_line_id
    where links.bank_line_id is null
)

-- More than was owed is no payment of the invoice but a question for a person.
select
    bank_line_id, order_id, entity_id, order_number, value_date, amount_minor, currency_code,
    terms_minor - paid_so_far_minor as open_after_minor
from named
where paid_so_far_minor <= terms_minor
