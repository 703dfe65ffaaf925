{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-07', 'severity': 'blocks'}) }}
-- I-07: amount less fee is net, and the parts of a fee make the fee.
-- A failure means that a processor's movement is misread; every payout and the clearing balance are then in doubt.
select movement_id, amount_minor, fee_minor, net_minor, processing_fee_minor, dispute_fee_minor
from {{ ref('can_processor_movements') }}
where amount_minor - fee_minor != net_minor or processing_fee_minor + dispute_fee_minor != fee_minor
