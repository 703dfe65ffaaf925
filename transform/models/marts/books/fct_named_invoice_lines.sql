with invoices as (
    select * from {{ ref('fct_order_invoices') }}
),

money_in as (
    select * from {{ ref('fct_unclaimed_receipts') }}
),

-- What a person says of a line goes before what its text says.
told as (
    select money_in.bank_line_id, money_in.entity_id, money_in.currency_code, upper(replace(trim(by_hand.order_number), '#', '')) as number_key
    from money_in
    inner join {{ ref('matches_by_hand') }} as by_hand
        on by_hand.match_type = 'bank_line'
        and money_in.platform = by_hand.platform
        and money_in.account_id = by_hand.account_id
        and money_in.platform_bank_line_id = by_hand.platform_id
),

-- A number that two invoices bear names neither.
unique_numbers as (
    select entity_id, currency_code, number_key, min(document_key) as document_key, min(document_date) as document_date
    from invoices
    group by entity_id, currency_code, number_key
    having count(*) = 1
),

-- Each word keeps what a number must agree in, so that the two meet in one join; with the line between them, every line would meet every invoice.
spoken as (
    select distinct money_in.bank_line_id, money_in.entity_id, money_in.currency_code, money_in.value_date, words.word
    from money_in
    cross join {{ text_words('money_in.said') }}
    where money_in.bank_line_id not in (select bank_line_id from told)
),

named as (
    select spoken.bank_line_id, unique_numbers.document_key
    from spoken
    inner join unique_numbers
        on spoken.word = unique_numbers.number_key
        and spoken.entity_id = unique_numbers.entity_id
        and spoken.currency_code = unique_numbers.currency_code
    where spoken.value_date >= unique_numbers.document_date
),

-- A line that names two invoices does not say how much is for which.
unique_lines as (
    select bank_line_id, min(document_key) as document_key
    from named
    group by bank_line_id
    having count(*) = 1
),

by_hand as (
    select told.bank_line_id, unique_numbers.document_key
    from told
    inner join unique_numbers using (entity_id, currency_code, number_key)
)

select bank_line_id, document_key, cast(2 as bigint) as match_strength
from unique_lines
union all
select bank_line_id, document_key, 4
from by_hand
