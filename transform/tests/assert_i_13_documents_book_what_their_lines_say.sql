{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-13', 'severity': 'blocks'}) }}
-- I-13: what a document of the books books as revenue, tax, discount and gift cards are its own lines; the documents of an event are numbered from 1,
-- deleted ones apart; a document typed by hand is rounded by what its goods and shipping are off from those of the order.
-- A failure means that a cause in the books (TAX-04, BKS-07, LIA-01, RND-03, BKS-02) is told with other cents or of another document.
with

matches as (
    select * from {{ ref('fct_book_matches') }}
),

lines as (
    select
        lines.document_id,
        -sum(case when chart.account_type in ('income', 'contra_income') then lines.signed_minor else 0 end) as revenue_minor,
        -sum(case when lines.account_number = accounts.tax then lines.signed_minor else 0 end) as tax_minor,
        sum(case when lines.account_number = accounts.discount then lines.signed_minor else 0 end) as discount_minor,
        -sum(case when lines.account_number = accounts.tender_gift_card and lines.signed_minor < 0 then lines.signed_minor else 0 end) as gift_card_minor,
        -sum(case when lines.account_number in (accounts.sale_product, accounts.sale_shipping) then lines.signed_minor else 0 end) as typed_minor,
        count(case when lines.account_number in (accounts.sale_product, accounts.sale_shipping) and lines.signed_minor != 0 then 1 end) as typed_lines,
        max(case when lines.account_number in (accounts.sale_product, accounts.sale_shipping)
            then mod(abs(lines.signed_minor), {{ minor_units_per_major('lines.currency_code') }}) else 0 end) as cents_minor
    from {{ ref('can_book_lines') }} as lines
    left join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    left join {{ ref('chart_of_accounts') }} as chart on lines.account_number = cast(chart.account_number as varchar)
    group by lines.document_id
),

sold as (
    select order_id, sum(gross_minor) as gross_minor, count(case when gross_minor != 0 then 1 end) as gross_lines,
        count(case when line_type = 'product' and gross_minor != 0 then 1 end) as product_lines
    from {{ ref('can_order_lines') }}
    where line_type in ('product', 'shipping')
    group by order_id
),

typed_products as (
    select lines.document_id, count(*) as product_lines
    from {{ ref('can_book_lines') }} as lines
    inner join {{ ref('dim_posting_accounts') }} as accounts on lines.entity_id = accounts.entity_id and lines.account_number = accounts.sale_product
    where lines.signed_minor != 0
    group by lines.document_id
),

standing as (
    select matches.document_id, events.order_id
    from matches
    inner join {{ ref('fct_book_events') }} as events using (book_event_id)
    where not matches.is_deleted and events.event_type = 'sale'
),

-- Only where lines pair up, kind by kind, can the whole be compared.
paired as (
    select standing.document_id, lines.typed_minor - sold.gross_minor as rounding_minor, lines.cents_minor
    from standing
    inner join lines using (document_id)
    inner join sold using (order_id)
    left join typed_products using (document_id)
    where lines.typed_lines = sold.gross_lines and coalesce(typed_products.product_lines, 0) = sold.product_lines
),

numbered as (
    select count(*) as documents, count(distinct nth) as numbers, max(nth) as highest, min(nth) as lowest,
        coalesce(book_event_id, entity_id) as event, is_deleted
    from matches
    group by coalesce(book_event_id, entity_id), is_deleted
)

select matches.document_id as reference
from matches
left join lines using (document_id)
where matches.booked_revenue_minor != coalesce(lines.revenue_minor, 0)
    or matches.booked_tax_minor != coalesce(lines.tax_minor, 0)
    or matches.booked_discount_minor != coalesce(lines.discount_minor, 0)
    or matches.booked_gift_card_minor != coalesce(lines.gift_card_minor, 0)
union all
select event from numbered where documents != numbers or lowest != 1 or highest != documents
union all
select roundings.document_id
from {{ ref('fct_book_roundings') }} as roundings
left join paired using (document_id)
where (paired.document_id is not null and roundings.rounding_minor != paired.rounding_minor)
    or (roundings.is_each_line_rounded and (paired.document_id is null or paired.cents_minor != 0))
    or roundings.document_id not in (select document_id from standing)
union all
select document_id from {{ ref('fct_book_roundings') }} group by document_id having count(*) > 1
union all
select paired.document_id
from paired
left join {{ ref('fct_book_roundings') }} as roundings using (document_id)
where paired.rounding_minor != 0 and roundings.document_id is null
