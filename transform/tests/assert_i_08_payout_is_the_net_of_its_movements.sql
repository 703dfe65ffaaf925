{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-08', 'severity': 'blocks'}) }}
-- I-08: an automatic payout that was sent is the net of its movements. A manual payout lists none and is left to the roll-forward.
-- A failure means that movements are missing or in the wrong payout; it does not mean that the bank is wrong.
select payout_id, currency_code, amount_minor, unexplained_minor
from {{ ref('fct_payouts') }}
where is_automatic and payout_status in ('paid', 'in_transit') and unexplained_minor != 0
