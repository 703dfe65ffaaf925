select movement_id, {{ sum_minor('amount_minor') }} as tax_minor
from {{ ref('can_processor_fees') }}
where fee_type = 'tax'
group by movement_id
