with

treatments as (
    select * from {{ ref('fct_tax_treatments') }}
),

recognitions as (
    select * from {{ ref('fct_order_recognitions') }} where recognised_date is not null
),

-- A shop may round the tax of a rate once for the whole order; then a line may be off by less than a unit while the sum is right.
measured as (
    select
        *,
        abs(cast(rate_ppm as hugeint) * taxable_minor - cast(tax_minor as hugeint) * 1000000) as off_micros,
        abs(sum(cast(rate_ppm as hugeint) * taxable_minor - cast(tax_minor as hugeint) * 1000000) over (partition by order_id, jurisdiction, rate_ppm)) as order_off_micros
    from treatments
),

lines as (
    select
        order_line_id,
        order_id,
        max(line_type) as line_type,
        max(sku) as sku,
        max(tax_class) as tax_class,
        max(tax_date) as tax_date,
        max(buyer) as buyer,
        max(buyer_place) as buyer_place,
        max(jurisdiction) as jurisdiction,
        max(expected_scheme) as expected_scheme,
        max(scheme) as scheme,
        max(expected_rate_ppm) as expected_rate_ppm,
        case when count(*) = count(rate_ppm) and not bool_or(is_compound) then cast(sum(rate_ppm) as bigint) end as rate_ppm,
        min(taxable_minor) as taxable_minor,
        {{ sum_minor('tax_minor') }} as tax_minor,
        {{ sum_minor(half_even_divide('cast(rate_ppm as hugeint) * taxable_minor', '1000000')) }} as computed_minor,
        coalesce(max(off_micros) * 2 > 1000000, false) as is_off,
        coalesce(max(off_micros) < 1000000 and max(order_off_micros) * 2 <= 1000000, false) as is_rounded_by_order,
        max(rule_version) as rule_version,
        max(currency_code) as currency_code
    from measured
    group by order_line_id, order_id
),

asked as (
    select
        lines.*,
        recognitions.entity_id,
        recognitions.order_number,
        {{ month_key('recognitions.recognised_date') }} as period_month,
        {{ half_even_divide('cast(expected_rate_ppm as hugeint) * taxable_minor', '1000000') }} as expected_tax_minor,
        split_part(lines.jurisdiction, '-', 1) != split_part(lines.buyer_place, '-', 1) as is_elsewhere,
        cast(coalesce(lines.rate_ppm, lines.expected_rate_ppm) as hugeint) as asked_ppm
    from lines
    inner join recognitions using (order_id)
),

judged as (
    select
        *,
        abs(tax_minor * cast(1000000 as hugeint) - asked_ppm * (taxable_minor + tax_minor)) * 2 <= 1000000
        or abs(tax_minor * (1000000 + asked_ppm) - asked_ppm * taxable_minor) * 2 <= 1000000 + asked_ppm as is_misread,
        case
            when scheme = 'marketplace' then 'ok'
            when tax_minor != 0 and (scheme = 'unregistered' or expected_scheme = 'export') then 'wrong_scheme'
            when tax_minor != 0 and expected_scheme in ('reverse_charge', 'exempt') then 'untaxed_expected'
            when tax_minor != 0 and (scheme != expected_scheme or is_elsewhere) then 'wrong_scheme'
            when tax_minor = 0 and expected_tax_minor != 0 then 'untaxed'
            when tax_minor != expected_tax_minor and (rate_ppm is null or rate_ppm != expected_rate_ppm) then 'other_rate'
            when is_off then 'off'
            else 'ok'
        end as finding
    from asked
),

coded as (
    select
        *,
        case
            when finding = 'wrong_scheme' then 'TAX-07'
            when finding = 'untaxed_expected' or (finding = 'untaxed' and buyer = 'business') then 'TAX-05'
            when finding = 'other_rate' and rate_ppm is null and is_misread then 'TAX-03'
            when finding in ('untaxed', 'other_rate') then 'TAX-01'
            when finding = 'off' and is_rounded_by_order then 'TAX-06'
            when finding = 'off' and is_misread then 'TAX-03'
            when finding = 'off' then 'TAX-01'
        end as reason_code
    from judged
)

select
    order_line_id, order_id, entity_id, order_number, period_month, tax_date, line_type, sku, tax_class, buyer, buyer_place, jurisdiction,
    expected_scheme, scheme, expected_rate_ppm, rate_ppm, taxable_minor, expected_tax_minor, tax_minor, currency_code, rule_version, reason_code,
    case
        when reason_code = 'TAX-07' or finding = 'untaxed_expected' then tax_minor
        when reason_code in ('TAX-06', 'TAX-03') then tax_minor - coalesce(expected_tax_minor, computed_minor)
        when finding = 'off' then tax_minor - computed_minor
        when reason_code is not null then tax_minor - expected_tax_minor
    end as difference_minor
from coded
