with

lines as (
    select * from {{ ref('can_order_lines__amazon') }}
),

orders as (
    select
        stg.account_id, stg.platform_order_id, {{ tax_jurisdiction('stores.country_code', 'cast(null as varchar)') }} as store_place
    from {{ ref('stg_amazon__orders') }} as stg
    left join {{ ref('marketplaces') }} as stores
        on stores.platform = 'amazon' and stg.platform_marketplace_id = stores.platform_marketplace_id
),

collected as (
    select account_id, platform_order_id, platform_line_id, is_tax_collected_by_marketplace
    from {{ ref('stg_amazon__order_items') }}
),

-- Goods, shipping and fees that cost something and bear no tax are taxed with nothing: line 0. Where the goods go is not
-- asked for, so the place is the country of the store; the tax the marketplace collects is none of ours anywhere.
mapped as (
    select
        lines.order_line_id || ':' || case when lines.tax_minor != 0 then '1' else '0' end as tax_line_id,
        lines.order_line_id,
        lines.order_id,
        'amazon' as platform,
        lines.account_id,
        lines.entity_id,
        cast(case when lines.tax_minor != 0 then 1 else 0 end as bigint) as tax_line_number,
        lines.line_type,
        orders.store_place as buyer_place,
        orders.store_place as jurisdiction,
        cast(null as varchar) as tax_name,
        -- The platform states amounts and no rates.
        case when lines.tax_minor = 0 then cast(0 as bigint) end as rate_ppm,
        false as is_compound,
        false as is_included,
        lines.tax_minor != 0 and coalesce(collected.is_tax_collected_by_marketplace, false) as is_collected_by_marketplace,
        lines.net_minor as taxable_minor,
        lines.tax_minor,
        lines.currency_code
    from lines
    inner join orders
        on lines.order_id = 'amazon:' || orders.account_id || ':' || orders.platform_order_id
    left join collected
        on lines.account_id = collected.account_id
        and lines.order_id = 'amazon:' || collected.account_id || ':' || collected.platform_order_id
        and split_part(lines.platform_line_id, ':', 1) = collected.platform_line_id
    where lines.tax_minor != 0 or lines.net_minor != 0
)

select * from mapped
