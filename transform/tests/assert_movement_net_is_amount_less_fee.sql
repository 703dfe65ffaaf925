-- A row here is a movement whose net is not its amount less its fee, or whose fee is not the sum of its parts (I-07):
-- the connector lost a fee detail, or one of them is in another currency. Nothing that builds on it can be posted.
select movement_id, amount_minor, fee_minor, processing_fee_minor, dispute_fee_minor, net_minor
from {{ ref('can_processor_movements') }}
where
    net_minor != amount_minor - fee_minor
    or fee_minor != processing_fee_minor + dispute_fee_minor
