{{ config(tags=['identity'], meta={'identity': 'S-03', 'severity': 'blocks'}) }}
-- S-03, row by row: what an order still owes of a SKU is never more than was ordered less what left or was taken off.
select *
from {{ ref('fct_commitments') }}
where committed > ordered - shipped - removed or committed < 1
