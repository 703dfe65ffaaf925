with

lines as (
    select * from {{ ref('can_order_lines__woocommerce') }}
),

orders as (
    select *, {{ tax_jurisdiction('shipping_country_code', 'shipping_region') }} as buyer_place
    from {{ ref('stg_woocommerce__orders') }}
),

stated as (
    select
        lines.*,
        taxes.tax_line_number,
        taxes.tax_name,
        taxes.rate_code,
        taxes.rate_ppm,
        taxes.is_compound,
        taxes.tax_micros,
        {{ floor_divide('1000000', minor_units_per_major('lines.currency_code')) }} as micros_per_minor
    from lines
    inner join {{ ref('stg_woocommerce__tax_lines') }} as taxes
        on lines.account_id = taxes.account_id and lines.platform_line_id = taxes.platform_line_id
),

whole as (
    select
        *,
        {{ floor_divide('tax_micros', 'micros_per_minor') }} as floor_minor,
        tax_micros - {{ floor_divide('tax_micros', 'micros_per_minor') }} * micros_per_minor as rest_micros
    from stated
),

-- A line's tax is whole cents, its parts by rate may be fractions: the cents the parts lack go to the largest fractions.
ranked as (
    select
        *,
        tax_minor - cast(sum(floor_minor) over (partition by order_line_id) as bigint) as lacking,
        row_number() over (partition by order_line_id order by rest_micros desc, tax_line_number) as by_rest
    from whole
),

shared as (
    select
        *,
        floor_minor + case when by_rest <= lacking then 1 else 0 end as share_minor,
        case when regexp_full_match(split_part(rate_code, '-', 1), '[A-Z]{2}') then split_part(rate_code, '-', 1) end as rate_country,
        case when regexp_full_match(split_part(rate_code, '-', 2), '[A-Z]{2}') then split_part(rate_code, '-', 2) end as rate_region
    from ranked
),

-- A compound tax is a tax on the taxes before it too.
based as (
    select
        *,
        net_minor + case
            when is_compound
                then coalesce(sum(case when not is_compound then share_minor end) over (partition by order_line_id), 0)
                    + coalesce(sum(case when is_compound then share_minor end) over (
                        partition by order_line_id order by tax_line_number rows between unbounded preceding and 1 preceding
                    ), 0)
            else 0
        end as base_minor
    from shared
),

-- Goods, shipping and fees that cost something and bear no tax are taxed with nothing: line 0. Gift cards and tips appear when they are taxed.
mapped as (
    select
        lines.order_line_id || ':' || cast(coalesce(based.tax_line_number, 0) as varchar) as tax_line_id,
        lines.order_line_id,
        lines.order_id,
        'woocommerce' as platform,
        lines.account_id,
        lines.entity_id,
        coalesce(based.tax_line_number, 0) as tax_line_number,
        lines.line_type,
        orders.buyer_place,
        -- A rate's code begins with its country, which need not be the buyer's.
        case when based.rate_country is null then orders.buyer_place else {{ tax_jurisdiction('based.rate_country', 'based.rate_region') }} end as jurisdiction,
        based.tax_name,
        case when based.tax_line_number is null then cast(0 as bigint) else based.rate_ppm end as rate_ppm,
        coalesce(based.is_compound, false) as is_compound,
        orders.is_tax_included as is_included,
        false as is_collected_by_marketplace,
        cast(coalesce(based.base_minor, lines.net_minor) as bigint) as taxable_minor,
        cast(coalesce(based.share_minor, 0) as bigint) as tax_minor,
        lines.currency_code
    from lines
    inner join orders
        on lines.order_id = 'woocommerce:' || orders.account_id || ':' || orders.platform_order_id
    left join based
        on lines.order_line_id = based.order_line_id
    where based.tax_line_number is not null or (lines.net_minor != 0 and lines.line_type in ('product', 'shipping', 'fee'))
)

select * from mapped
