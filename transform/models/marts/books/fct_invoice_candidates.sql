with

named as (
    select * from {{ ref('fct_named_invoice_lines') }}
),

-- What was told in the storefront is known already; an invoice some money names is not open to a guess.
told as (
    select distinct order_id
    from {{ ref('can_order_payments') }}
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded' and tender_type not in ('gift_card', 'store_credit', 'terms')
),

invoices as (
    select invoices.*
    from {{ ref('fct_order_invoices') }} as invoices
    left join told using (order_id)
    where told.order_id is null and invoices.total_minor > 0 and invoices.document_key not in (select document_key from named)
),

-- The whole of it, or what its terms ask of who pays early.
asked as (
    select document_key, entity_id, order_id, document_number, currency_code, document_date, total_minor as amount_minor, cast(null as date) as until_date
    from invoices
    union all
    select document_key, entity_id, order_id, document_number, currency_code, document_date,
        total_minor - {{ share_of_minor('total_minor', 'discount_ppm', '1000000') }}, discount_until
    from invoices
    where discount_until is not null and {{ share_of_minor('total_minor', 'discount_ppm', '1000000') }} > 0
),

money_in as (
    select * from {{ ref('fct_unclaimed_receipts') }} where bank_line_id not in (select bank_line_id from named)
),

numbers as (
    select distinct entity_id, upper(replace(trim(order_number), '#', '')) as number_key
    from {{ ref('can_orders') }}
    where order_number is not null
),

-- A line that speaks of some order of ours is about that one, even if it does not settle it.
speaking as (
    select distinct spoken.bank_line_id
    from (select money_in.bank_line_id, money_in.entity_id, words.word from money_in cross join {{ text_words('money_in.said') }}) as spoken
    inner join numbers on spoken.word = numbers.number_key and spoken.entity_id = numbers.entity_id
),

fitting as (
    select distinct
        money_in.bank_line_id, asked.document_key, asked.order_id, money_in.entity_id, asked.document_number as order_number, money_in.value_date,
        asked.document_date, money_in.amount_minor, money_in.currency_code
    from money_in
    inner join asked
        on money_in.entity_id = asked.entity_id
        and money_in.currency_code = asked.currency_code
        and money_in.amount_minor = asked.amount_minor
    where money_in.value_date >= asked.document_date
        and money_in.value_date <= coalesce(asked.until_date, money_in.value_date)
        and money_in.bank_line_id not in (select bank_line_id from speaking)
),

counted as (
    select
        *,
        count(*) over (partition by bank_line_id) = 1 and count(*) over (partition by document_key) = 1 as is_only_one
    from fitting
)

select *, {{ match_limit('bank_line', 'counted.entity_id') }} as up_to_minor
from counted
