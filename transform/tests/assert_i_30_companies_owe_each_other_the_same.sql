{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-30', 'severity': 'blocks'}) }}
-- I-30: over all companies, what is due from one another and due to one another add up to nought, per currency of the order.
-- A failure means that one company's entry lacks its mirror in the other. An order settled in another currency is left out: its two sides differ
-- in currency, and each company values its own.
with

crossed as (
    select settled_leg_id, order_id from {{ ref('fct_settled_legs') }} where money_entity_id != entity_id and money_currency_code != currency_code
)

select currency_code, {{ sum_minor('signed_minor') }} as difference_minor
from {{ ref('fct_journal_lines') }}
where posting_key in ('due_from', 'due_to') and order_id not in (select order_id from crossed)
group by currency_code
having sum(signed_minor) != 0
