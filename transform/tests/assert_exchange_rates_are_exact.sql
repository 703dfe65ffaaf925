{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'fx_rates', 'severity': 'blocks'}) }}
-- Every rate is a positive decimal text an exact conversion can read, between two currencies, and no pair is stored both ways round.
-- A failure names the row: amounts that need it wait with CUR-03 instead of being converted.
select rates.*
from {{ ref('fx_rates') }} as rates
left join {{ ref('fx_rates') }} as turned
    on rates.base_currency_code = turned.quote_currency_code
    and rates.quote_currency_code = turned.base_currency_code
    and rates.rate_date = turned.rate_date
    and rates.purpose = turned.purpose
where {{ exact_rate('rates.rate') }} is null
    or rates.base_currency_code = rates.quote_currency_code
    or turned.rate is not null
