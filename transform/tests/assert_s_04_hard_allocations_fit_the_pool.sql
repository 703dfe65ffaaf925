{{ config(severity='warn', tags=['identity'], meta={'identity': 'S-04', 'severity': 'warns'}) }}
-- S-04: what is set aside for single channels is not more than is free. A row is a promise the shelves can not keep; a
-- person must lower the allocation in seed channel_policies. It does not mean that anything was sold.
select distinct sku, pool, hard_total
from {{ ref('fct_ats') }}
where hard_total > greatest(0, pool) and hard_total > 0
