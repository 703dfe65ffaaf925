{{ config(severity='warn', tags=['identity'], meta={'identity': 'S-07', 'severity': 'warns'}) }}
-- S-07: what left one place is in the other or on its way. A row is a transfer that brought more than was sent: units from
-- nowhere, which a person must correct in the stock system.
select *
from {{ ref('fct_transfers') }}
where in_transit < 0
