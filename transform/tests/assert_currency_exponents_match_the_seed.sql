{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'exponents', 'severity': 'blocks'}) }}
-- The list of exponents in the macro that converts money is the list of the seed.
-- A failure means that amounts of that currency are wrong by a factor of ten or more.
select currency_code, exponent
from {{ ref('currencies') }}
where case exponent when 0 then 1 when 2 then 100 when 3 then 1000 end != {{ minor_units_per_major('currency_code') }}
