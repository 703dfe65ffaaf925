{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20, by day: what the bridges of a day start and end with is what the storefront ordered, the bank received, net revenue is and the books say that
-- day; and the atoms of the day add up to the same. Ordered and booked are summed here from the canonical rows. A payout the bank split over days of one
-- month has its atoms at the bank on the last of them (fct_within_month_parts has its parts).
-- A failure means that an amount counts on another day than its system says.
with

ends as (
    select * from {{ ref('fct_bridge_day_ends') }}
),

counted as (
    select entity_id, order_date as bridge_date, currency_code, 'ordered' as place, total_minor as amount_minor
    from {{ ref('can_orders') }}
    where not is_test
    union all
    select documents.entity_id, documents.document_date, documents.currency_code, 'booked', -lines.signed_minor
    from {{ ref('can_book_documents') }} as documents
    inner join {{ ref('can_book_lines') }} as lines on documents.document_id = lines.document_id
    inner join {{ ref('chart_of_accounts') }} as accounts on lines.account_number = cast(accounts.account_number as varchar)
    where not documents.is_deleted and documents.document_type != 'unmapped' and accounts.account_type in ('income', 'contra_income')
    union all
    select entity_id, event_date, currency_code, 'recognised', net_revenue_minor
    from {{ ref('fct_net_revenue') }}
    {%- for system, place in [
        ('storefront', 'ordered in atoms'), ('contents', 'ordered in contents'), ('bank', 'banked in atoms'), ('recognised', 'recognised in atoms'),
        ('books', 'booked in atoms'),
    ] %}
    union all
    select entity_id, {{ system }}_date, currency_code, '{{ place }}', {{ system }}_minor
    from {{ ref('fct_money_atoms') }}
    where {{ system }}_minor is not null
    {%- endfor %}
    union all
    select entity_id, part_date, currency_code, 'banked in atoms', amount_minor
    from {{ ref('fct_within_month_parts') }}
    where component = 'part of a split payout'
    {%- for place, bridge, side in [
        ('ordered', 'storefront_to_bank', 'start'), ('booked', 'net_revenue_to_books', 'end'), ('recognised', 'storefront_to_net_revenue', 'end'),
        ('ordered in atoms', 'storefront_to_bank', 'start'), ('ordered in contents', 'storefront_to_net_revenue', 'start'),
        ('banked in atoms', 'storefront_to_bank', 'end'), ('recognised in atoms', 'net_revenue_to_books', 'start'),
        ('booked in atoms', 'net_revenue_to_books', 'end'),
    ] %}
    union all
    select entity_id, bridge_date, currency_code, '{{ place }}', -{{ side }}_minor
    from ends
    where bridge = '{{ bridge }}'
    {%- endfor %}
)

select entity_id, bridge_date, currency_code, place, {{ sum_minor('amount_minor') }} as gap_minor
from counted
group by entity_id, bridge_date, currency_code, place
having sum(amount_minor) != 0
