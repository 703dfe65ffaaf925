with

checks as (
    select * from {{ ref('fct_tax_checks') }} where reason_code is not null and difference_minor != 0
),

told as (
    select
        *,
        coalesce(
            {{ rate_text('rate_ppm') }}, 'no stated rate') || ' ' || scheme || ' in ' || jurisdiction || ': ' || {{ money_text('tax_minor', 'currency_code') }}
            || ' on ' || {{ money_text('taxable_minor', 'currency_code')
        }} as charged_words,
        case
            when expected_scheme is null then 'the entity is registered for no tax in ' || buyer_place
            else 'rule ' || coalesce(rule_version, '(none)') || ' asks ' || coalesce({{ rate_text('expected_rate_ppm') }} || ' ', 'the stated rate, ') || expected_scheme || ' in ' || buyer_place
                || coalesce(': ' || {{ money_text('expected_tax_minor', 'currency_code') }}, '')
        end as expected_words
    from checks
)

select
    'tax:' || order_line_id as difference_id,
    entity_id,
    period_month,
    currency_code,
    -- No bridge walks over it: what was charged is in every total already, whether it was right or not.
    cast(null as varchar) as bridge,
    'storefront' as from_system,
    'tax_rules' as to_system,
    reason_code,
    order_id,
    order_number as reference,
    difference_minor as amount_minor,
    'charged ' || charged_words || '; ' || expected_words as evidence
from told
