with

products as (
    select
        account_id, id as product_id, cast(null as bigint) as variation_id, sku, name, type, global_unique_id, price, cost_of_goods_sold,
        coalesce(manage_stock, false) as is_tracked, stock_quantity, date_modified_gmt, coalesce(virtual, false) as is_virtual
    from {{ source('raw_woocommerce', 'products') }}
),

variations as (
    select
        account_id, product_id, id as variation_id, sku, name, 'variation' as type, global_unique_id, price, cost_of_goods_sold,
        -- 'parent' means that the product keeps one stock for all its variations.
        coalesce(lower(manage_stock), 'false') = 'true' as is_tracked, stock_quantity, date_modified_gmt, coalesce(virtual, false) as is_virtual
    from {{ source('raw_woocommerce', 'product_variations') }}
),

sellable as (
    select * from products
    union all
    select * from variations
),

renamed as (
    select
        account_id,
        cast(product_id as varchar) as platform_product_id,
        cast(variation_id as varchar) as platform_variant_id,
        nullif(trim(sku), '') as sku,
        name as title,
        type as platform_product_type,
        nullif(global_unique_id, '') as barcode,
        coalesce(type like '%gift%card%' or lower(sku) like 'gift%card%', false) as is_gift_card,
        is_tracked,
        stock_quantity,
        {{ utc_timestamp('date_modified_gmt') }} as updated_at,
        -- The shop's currency is on its orders, not on its products: canonical converts.
        nullif(price, '') as price_text,
        {{ json_text('cost_of_goods_sold', 'total_value') }} as unit_cost_text
    from sellable
)

select * from renamed
