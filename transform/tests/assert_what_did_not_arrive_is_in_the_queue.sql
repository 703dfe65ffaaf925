-- F-EXC-01: a delivery that was refused, or of which nobody knows, has had its row in the queue of exceptions. A row here
-- is trouble that somebody swallowed. It says nothing about whether anybody has looked at it.
select deliveries.delivery_id, deliveries.sync, deliveries.record_key, deliveries.delivery_status
from {{ ref('fct_deliveries') }} as deliveries
left join {{ ref('fct_exceptions') }} as exceptions
    on deliveries.sync = exceptions.sync and deliveries.record_key = exceptions.record_key
where deliveries.delivery_status in ('rejected', 'in_doubt') and exceptions.exception_id is null
