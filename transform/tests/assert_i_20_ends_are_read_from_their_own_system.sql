{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: what a bridge starts and ends with is its system's own total: orders as placed, money in at the bank, revenue accounts of the books.
-- Summed here from the canonical rows, without the marts' joins. A failure means that an end was computed from something else than its system.
with

ends as (
    select entity_id, period_month, currency_code, bridge, start_minor, end_minor from {{ ref('fct_bridge_ends') }}
),

ordered as (
    select entity_id, {{ month_key('order_date') }} as period_month, currency_code, total_minor as amount_minor
    from {{ ref('can_orders') }}
    where not is_test
),

booked as (
    select documents.entity_id, {{ month_key('documents.document_date') }} as period_month, documents.currency_code, -lines.signed_minor as amount_minor
    from {{ ref('can_book_documents') }} as documents
    inner join {{ ref('can_book_lines') }} as lines on documents.document_id = lines.document_id
    inner join {{ ref('chart_of_accounts') }} as accounts on lines.account_number = cast(accounts.account_number as varchar)
    where not documents.is_deleted and documents.document_type != 'unmapped' and accounts.account_type in ('income', 'contra_income')
),

compared as (
    {%- for bridge in ['storefront_to_bank', 'storefront_to_net_revenue'] %}
    select entity_id, period_month, currency_code, '{{ bridge }} starts' as place, amount_minor from ordered
    union all
    select entity_id, period_month, currency_code, '{{ bridge }} starts', -start_minor from ends where bridge = '{{ bridge }}'
    union all
    {%- endfor %}
    select entity_id, period_month, currency_code, 'net_revenue_to_books ends', amount_minor from booked
    union all
    select entity_id, period_month, currency_code, 'net_revenue_to_books ends', -end_minor from ends where bridge = 'net_revenue_to_books'
    union all
    select entity_id, period_month, currency_code, 'net revenue is one number', end_minor from ends where bridge = 'storefront_to_net_revenue'
    union all
    select entity_id, period_month, currency_code, 'net revenue is one number', -start_minor from ends where bridge = 'net_revenue_to_books'
)

select entity_id, period_month, currency_code, place, {{ sum_minor('amount_minor') }} as amount_minor
from compared
group by entity_id, period_month, currency_code, place
having sum(amount_minor) != 0
