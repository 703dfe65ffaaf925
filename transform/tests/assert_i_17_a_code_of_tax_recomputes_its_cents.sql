{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: what the accountant's rule asks of a line is its rate of its base, rounded half to even; a line that is off says by how much, and which cause it
-- claims holds in the numbers: a price misread (TAX-03) makes them, less than a minor unit rounds (TAX-06). Only orders that count are judged.
-- A failure means that a code names another amount or a cause that does not hold. It does not mean that a tax is right.
with

checks as (
    select
        *, cast(coalesce(rate_ppm, expected_rate_ppm) as hugeint) as asked_ppm, cast(tax_minor as hugeint) as tax, cast(taxable_minor as hugeint) as base
    from {{ ref('fct_tax_checks') }}
),

judged as (
    select
        *,
        2 * abs(tax * 1000000 - asked_ppm * (base + tax)) <= 1000000
        or 2 * abs(tax * (1000000 + asked_ppm) - asked_ppm * base) <= 1000000 + asked_ppm as is_misread
    from checks
),

recognised as (
    select order_id from {{ ref('fct_order_recognitions') }} where recognised_date is not null
)

select order_line_id
from judged
where 2 * abs(cast(expected_tax_minor as hugeint) * 1000000 - cast(expected_rate_ppm as hugeint) * base) > 1000000
    or (reason_code is null) != (difference_minor is null)
    or difference_minor = 0
    or (reason_code = 'TAX-07' and difference_minor != tax_minor)
    or (reason_code = 'TAX-05' and difference_minor != case when tax_minor != 0 then tax_minor else -expected_tax_minor end)
    or (reason_code in ('TAX-01', 'TAX-03', 'TAX-06') and expected_tax_minor is not null and rate_ppm is not distinct from expected_rate_ppm
        and difference_minor != tax_minor - expected_tax_minor)
    or (reason_code in ('TAX-01', 'TAX-03') and rate_ppm is distinct from expected_rate_ppm and expected_tax_minor is not null
        and difference_minor != tax_minor - expected_tax_minor)
    or (reason_code = 'TAX-03' and not is_misread)
    or (reason_code = 'TAX-01' and is_misread and tax_minor != 0 and (rate_ppm is null or rate_ppm = expected_rate_ppm))
    or (reason_code = 'TAX-06' and abs(tax * 1000000 - asked_ppm * base) >= 1000000)
    or order_id not in (select order_id from recognised)
    or (reason_code is not null and reason_code != 'TAX-07' and tax_minor = expected_tax_minor and scheme = expected_scheme)
