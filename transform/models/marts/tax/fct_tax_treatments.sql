with

order_schemes as (
    select * from {{ ref('fct_tax_schemes') }}
),

taxes as (
    select * from {{ ref('can_tax_lines') }}
),

lines as (
    select order_line_id, sku from {{ ref('can_order_lines') }}
),

class_rows as (
    select * from {{ ref('tax_classes') }}
),

kinds as (
    select distinct taxes.entity_id, taxes.line_type, lines.sku
    from taxes
    left join lines using (order_line_id)
),

classed as (
    select
        kinds.*,
        class_rows.tax_class,
        row_number() over (
            partition by kinds.entity_id, kinds.line_type, kinds.sku
            order by class_rows.sku = '*', class_rows.line_type = '*', class_rows.entity_id = '*'
        ) as nearness
    from kinds
    inner join class_rows
        on class_rows.entity_id in (kinds.entity_id, '*')
        and class_rows.line_type in (kinds.line_type, '*')
        and (class_rows.sku = kinds.sku or class_rows.sku = '*')
),

described as (
    select taxes.*, lines.sku, classed.tax_class, order_schemes.tax_date, order_schemes.buyer, order_schemes.expected_scheme, order_schemes.charged_scheme
    from taxes
    inner join order_schemes using (order_id, buyer_place, jurisdiction)
    left join lines using (order_line_id)
    left join classed
        on taxes.entity_id = classed.entity_id
        and taxes.line_type = classed.line_type
        and lines.sku is not distinct from classed.sku
        and classed.nearness = 1
),

-- What the rule of the buyer's place asks for.
expecting as (
    {{ nearest_tax_rule('described', place='relation.buyer_place', scheme="case when relation.is_collected_by_marketplace then 'marketplace' else relation.expected_scheme end", rate='cast(null as bigint)', prefix='expected_') }}
),

-- Under which scheme the tax was charged in fact; a line without tax is what was expected if that bears none, else exempt.
charged as (
    select
        *,
        case
            when is_collected_by_marketplace then 'marketplace'
            when tax_minor = 0 and coalesce(rate_ppm, 0) = 0
                then case when expected_rate_ppm = 0 or expected_scheme in ('export', 'reverse_charge') then expected_scheme else 'exempt' end
            else charged_scheme
        end as scheme
    from expecting
),

placed as (
    {{ nearest_tax_rule('charged', place='relation.jurisdiction', scheme='relation.scheme', rate='relation.rate_ppm', prefix='charged_') }}
)

select
    tax_line_id,
    order_line_id,
    order_id,
    entity_id,
    tax_line_number,
    line_type,
    sku,
    tax_class,
    tax_date,
    buyer,
    buyer_place,
    jurisdiction,
    tax_name,
    is_compound,
    is_included,
    expected_scheme,
    scheme,
    expected_rate_ppm,
    rate_ppm,
    taxable_minor,
    tax_minor,
    currency_code,
    charged_tax_code as tax_code,
    coalesce(charged_box, 'unmapped') as box,
    expected_rule_version as rule_version
from placed
