{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: the tax of a line is its rate of its base to half a minor unit, or the line has a code that says why not.
-- A failure means that a wrong tax passes unnoticed. A line with a code is no failure here: it is a row in fct_differences.
select taxes.tax_line_id, taxes.rate_ppm, taxes.taxable_minor, taxes.tax_minor
from {{ ref('fct_tax_treatments') }} as taxes
inner join {{ ref('fct_tax_checks') }} as checks using (order_line_id)
where abs(cast(taxes.rate_ppm as hugeint) * taxes.taxable_minor - cast(taxes.tax_minor as hugeint) * 1000000) * 2 > 1000000
    and checks.reason_code is null
    and taxes.scheme != 'marketplace'
