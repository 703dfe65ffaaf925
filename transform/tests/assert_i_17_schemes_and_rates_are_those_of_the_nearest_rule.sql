{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: the scheme a sale should fall under, and the one its tax was charged under, are those of the accountant's nearest registration on its day; the
-- class of goods and the rate asked of a line are those of the nearest rows that fit. Looked up here as the highest of all rows that fit.
-- A failure means that a sale is judged by another place's or another year's rule. A sale no row fits is no failure: it has none.
with

schemes as (
    select * from {{ ref('fct_tax_schemes') }}
),

{% set questions = [('expected', 'buyer_place', 'schemes.buyer', 'true'), ('charged', 'jurisdiction', "'consumer'", "registrations.scheme in ('domestic', 'oss', 'ioss')")] %}
answers as (
    {%- for question, place, buyer, among in questions %}
    select '{{ question }}' as question, schemes.order_id, schemes.buyer_place, schemes.jurisdiction,
        max(lpad(cast(length(registrations.jurisdiction) as varchar), 3, '0') || case when registrations.buyer = 'any' then '0' else '1' end
            || cast(registrations.valid_from as varchar) || '|' || registrations.scheme) as nearest
    from schemes
    inner join {{ ref('tax_registrations') }} as registrations
        on schemes.entity_id = registrations.entity_id
        and registrations.buyer in ({{ buyer }}, 'any')
        and schemes.tax_date >= registrations.valid_from
        and schemes.tax_date <= coalesce(registrations.valid_to, schemes.tax_date)
        and (registrations.jurisdiction in (schemes.{{ place }}, split_part(schemes.{{ place }}, '-', 1)) or (registrations.jurisdiction = '*' and schemes.{{ place }} != 'unknown'))
        and {{ among }}
    group by schemes.order_id, schemes.buyer_place, schemes.jurisdiction
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

treatments as (
    select treatments.*, taxes.is_collected_by_marketplace
    from {{ ref('fct_tax_treatments') }} as treatments
    inner join {{ ref('can_tax_lines') }} as taxes using (tax_line_id)
),

classes as (
    select treatments.tax_line_id,
        max(case when classes.sku = '*' then '0' else '1' end || case when classes.line_type = '*' then '0' else '1' end
            || case when classes.entity_id = '*' then '0' else '1' end || '|' || classes.tax_class) as nearest
    from treatments
    inner join {{ ref('tax_classes') }} as classes
        on classes.entity_id in (treatments.entity_id, '*')
        and classes.line_type in (treatments.line_type, '*')
        and classes.sku in (coalesce(treatments.sku, '*'), '*')
    group by treatments.tax_line_id
),

rates as (
    select treatments.tax_line_id,
        max(lpad(cast(length(rules.jurisdiction) as varchar), 3, '0') || case when rules.tax_class = treatments.tax_class then '1' else '0' end
            || case when rules.rate_ppm is null then '0' else '1' end || cast(rules.valid_from as varchar) || '|' || coalesce(cast(rules.rate_ppm as varchar), '')) as nearest
    from treatments
    inner join {{ ref('tax_rules') }} as rules
        on treatments.entity_id = rules.entity_id
        and rules.scheme = case when treatments.is_collected_by_marketplace then 'marketplace' else treatments.expected_scheme end
        and rules.tax_class in (treatments.tax_class, '*')
        and treatments.tax_date >= rules.valid_from
        and treatments.tax_date <= coalesce(rules.valid_to, treatments.tax_date)
        and (rules.jurisdiction in (treatments.buyer_place, split_part(treatments.buyer_place, '-', 1)) or (rules.jurisdiction = '*' and treatments.buyer_place != 'unknown'))
    group by treatments.tax_line_id
),

-- The box of a return: the nearest row of the scheme and rate that were charged.
boxes as (
    select treatments.tax_line_id,
        max(lpad(cast(length(rules.jurisdiction) as varchar), 3, '0') || case when rules.tax_class = treatments.tax_class then '1' else '0' end
            || case when rules.rate_ppm is null then '0' else '1' end || cast(rules.valid_from as varchar) || '|' || coalesce(rules.tax_code, '') || '|' || coalesce(rules.box, '')) as nearest
    from treatments
    inner join {{ ref('tax_rules') }} as rules
        on treatments.entity_id = rules.entity_id
        and rules.scheme = treatments.scheme
        and treatments.tax_date >= rules.valid_from
        and treatments.tax_date <= coalesce(rules.valid_to, treatments.tax_date)
        and (rules.jurisdiction in (treatments.jurisdiction, split_part(treatments.jurisdiction, '-', 1)) or (rules.jurisdiction = '*' and treatments.jurisdiction != 'unknown'))
        and case
            when treatments.rate_ppm is null then rules.tax_class in (treatments.tax_class, '*')
            else coalesce(rules.rate_ppm, treatments.rate_ppm) = treatments.rate_ppm
        end
    group by treatments.tax_line_id
)

select schemes.order_id as reference
from schemes
left join answers as expected
    on expected.question = 'expected'
    and schemes.order_id = expected.order_id and schemes.buyer_place = expected.buyer_place and schemes.jurisdiction = expected.jurisdiction
left join answers as charged
    on charged.question = 'charged'
    and schemes.order_id = charged.order_id and schemes.buyer_place = charged.buyer_place and schemes.jurisdiction = charged.jurisdiction
where schemes.expected_scheme is distinct from split_part(expected.nearest, '|', 2)
    or schemes.charged_scheme != coalesce(split_part(charged.nearest, '|', 2), 'unregistered')
union all
select treatments.tax_line_id
from treatments
left join classes using (tax_line_id)
left join rates using (tax_line_id)
left join boxes using (tax_line_id)
where treatments.tax_class is distinct from split_part(classes.nearest, '|', 2)
    or cast(treatments.expected_rate_ppm as varchar) is distinct from nullif(split_part(rates.nearest, '|', 2), '')
    or coalesce(treatments.tax_code, '') != coalesce(split_part(boxes.nearest, '|', 2), '')
    or treatments.box != coalesce(nullif(split_part(boxes.nearest, '|', 3), ''), 'unmapped')
