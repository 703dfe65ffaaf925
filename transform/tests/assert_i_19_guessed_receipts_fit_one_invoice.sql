{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-19', 'severity': 'blocks'}) }}
-- I-19: a bank line that pays an invoice names it, or a person does; one that names no order of ours pays an invoice by its amount exactly where it is not above the
-- entity's limit, the invoice is of its company and currency and not younger than it, asks just that amount, was not told as paid, and neither fits
-- anything else. No line pays two.
-- A failure means that somebody else's money settles an invoice, or that money which fits is left lying.
with

paid as (
    select bank_line_id, document_key, match_strength from {{ ref('fct_invoice_bank_lines') }}
),

lines as (
    select bank_lines.*, ' ' || regexp_replace(upper(coalesce(reference, '') || ' ' || coalesce(description, '')), '[^A-Z0-9-]+', ' ', 'g') || ' ' as said
    from {{ ref('can_bank_lines') }} as bank_lines
    where amount_minor > 0 and bank_line_id not in (select bank_line_id from {{ ref('fct_payout_bank_links') }} where bank_line_id is not null)
),

settled as (
    select document_key from paid where match_strength != 3
),

open_invoices as (
    select invoices.document_key, invoices.entity_id, invoices.currency_code, invoices.document_date, invoices.total_minor, invoices.discount_until,
        invoices.total_minor - {{ floor_divide('2 * cast(invoices.total_minor as hugeint) * coalesce(invoices.discount_ppm, 0) + 1000000', '2000000') }} as early_minor
    from {{ ref('fct_order_invoices') }} as invoices
    where invoices.total_minor > 0
        and invoices.document_key not in (select document_key from settled)
        and invoices.order_id not in (
            select order_id from {{ ref('can_order_payments') }}
            where payment_type in ('capture', 'sale') and payment_status = 'succeeded' and tender_type not in ('gift_card', 'store_credit', 'terms')
        )
),

pairs as (
    select lines.bank_line_id, open_invoices.document_key, lines.amount_minor, lines.entity_id,
        count(*) over (partition by lines.bank_line_id) as invoices, count(*) over (partition by open_invoices.document_key) as lines
    from lines
    inner join open_invoices
        on lines.entity_id = open_invoices.entity_id and lines.currency_code = open_invoices.currency_code
        and lines.value_date >= open_invoices.document_date
        and (
            lines.amount_minor = open_invoices.total_minor
            or (lines.amount_minor = open_invoices.early_minor and lines.value_date <= open_invoices.discount_until)
        )
    where lines.bank_line_id not in (select bank_line_id from paid where match_strength != 3)
        and not exists (
            select 1
            from {{ ref('can_orders') }} as orders
            where orders.entity_id = lines.entity_id
                and position(' ' || upper(replace(trim(orders.order_number), '#', '')) || ' ' in lines.said) > 0
        )
),

allowed as (
    select bank_line_id, document_key
    from pairs
    where invoices = 1 and lines = 1 and amount_minor <= coalesce(
        (select up_to_minor from {{ ref('match_policies') }} where match_type = 'bank_line' and entity_id = pairs.entity_id),
        (select up_to_minor from {{ ref('match_policies') }} where match_type = 'bank_line' and entity_id = '*')
    )
),

guessed as (
    select bank_line_id, document_key from paid where match_strength = 3
),

by_hand as (
    select lines.bank_line_id, min(invoices.document_key) as document_key
    from lines
    inner join {{ ref('matches_by_hand') }} as hands
        on hands.match_type = 'bank_line' and hands.platform = lines.platform and hands.account_id = lines.account_id and hands.platform_id = lines.platform_bank_line_id
    inner join {{ ref('fct_order_invoices') }} as invoices
        on invoices.entity_id = lines.entity_id and invoices.currency_code = lines.currency_code
        and invoices.number_key = upper(replace(trim(hands.order_number), '#', ''))
    group by lines.bank_line_id
    having count(*) = 1
),

told as (
    select bank_line_id, document_key from paid where match_strength = 4
)

select coalesce(guessed.bank_line_id, allowed.bank_line_id) as bank_line_id
from guessed
full outer join allowed using (bank_line_id, document_key)
where guessed.bank_line_id is null or allowed.bank_line_id is null
union all
select coalesce(told.bank_line_id, by_hand.bank_line_id)
from told
full outer join by_hand using (bank_line_id, document_key)
where told.bank_line_id is null or by_hand.bank_line_id is null
union all
select bank_line_id from paid group by bank_line_id having count(*) > 1
