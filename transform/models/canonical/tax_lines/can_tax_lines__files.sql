with

lines as (
    select * from {{ ref('can_order_lines__files') }}
),

stated as (
    select * from {{ ref('stg_files__order_lines') }}
),

orders as (
    select *, {{ tax_jurisdiction('shipping_country_code', 'cast(null as varchar)') }} as buyer_place
    from {{ ref('can_orders__files') }}
),

-- A file states one tax a line; a line that states neither tax nor rate is taxed with nothing.
mapped as (
    select
        lines.order_line_id || ':' || case when lines.tax_minor = 0 and stated.tax_rate_ppm is null then '0' else '1' end as tax_line_id,
        lines.order_line_id,
        lines.order_id,
        'files' as platform,
        lines.account_id,
        lines.entity_id,
        cast(case when lines.tax_minor = 0 and stated.tax_rate_ppm is null then 0 else 1 end as bigint) as tax_line_number,
        lines.line_type,
        orders.buyer_place,
        orders.buyer_place as jurisdiction,
        cast(null as varchar) as tax_name,
        case when lines.tax_minor = 0 then coalesce(stated.tax_rate_ppm, 0) else stated.tax_rate_ppm end as rate_ppm,
        false as is_compound,
        orders.is_tax_included as is_included,
        coalesce(stated.is_tax_collected_by_channel, false) as is_collected_by_marketplace,
        lines.net_minor as taxable_minor,
        lines.tax_minor,
        lines.currency_code
    from lines
    inner join orders
        on lines.order_id = orders.order_id
    inner join stated
        on lines.account_id = stated.channel and lines.order_id = 'files:' || stated.channel || ':' || stated.platform_order_id
        and lines.platform_line_id = stated.platform_line_id
    where lines.tax_minor != 0 or stated.tax_rate_ppm is not null or (lines.net_minor != 0 and lines.line_type in ('product', 'shipping', 'fee'))
)

select * from mapped
