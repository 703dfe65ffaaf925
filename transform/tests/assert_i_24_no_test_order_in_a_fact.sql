{{ config(tags=['identity'], meta={'identity': 'I-24', 'severity': 'blocks'}) }}
-- I-24: a test order is in no fact; only its charge, if the processor has one, is named as a difference (SRC-04).
-- A failure means that made-up money is counted.
with

test_orders as (
    select order_id from {{ ref('can_orders') }} where is_test
),

facts as (
    {%- for model in ['fct_net_revenue', 'fct_order_reconciliation', 'fct_payment_matches', 'fct_refund_matches', 'fct_book_events'] %}
    select order_id, '{{ model }}' as model from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    union all
    select order_id, 'fct_differences' from {{ ref('fct_differences') }} where reason_code != 'SRC-04'
)

select facts.order_id, facts.model
from facts
inner join test_orders using (order_id)
