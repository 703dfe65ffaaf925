{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-03', 'severity': 'blocks'}) }}
-- I-03: total less every tender and terms is what is outstanding; whatever is not zero carries a reason, and only an overpaid order is negative.
-- A failure means that the reconciliation contradicts itself, not that a customer owes money.
select *
from {{ ref('fct_order_reconciliation') }}
where total_minor - captured_minor - gift_card_minor - store_credit_minor - manual_minor - terms_minor != outstanding_minor
    or (outstanding_minor != 0 and outstanding_reason_code is null)
    or (outstanding_minor < 0 and outstanding_reason_code not in ('TND-05', 'TND-08'))
