with

bill_of_materials as (
    select * from {{ ref('stg_cin7__bill_of_materials') }}
),

products as (
    select * from {{ ref('stg_cin7__products') }}
),

-- What is assembled in advance is counted like any other SKU; only what is assembled when sold lives on its parts.
mapped as (
    select
        'cin7:' || bills.account_id || ':' || bills.platform_product_id || ':' || bills.line_number as bundle_component_id,
        'cin7' as platform,
        bills.account_id,
        made.sku as bundle_sku,
        parts.sku as component_sku,
        cast(bills.quantity as bigint) as quantity
    from bill_of_materials as bills
    inner join products as made
        on bills.account_id = made.account_id and bills.platform_product_id = made.platform_product_id
    inner join products as parts
        on bills.account_id = parts.account_id and bills.component_product_id = parts.platform_product_id
    -- A part of a unit (thread, glue) is no component that can be sold out.
    where bills.is_assembled_on_sale and bills.quantity >= 1
)

select * from mapped
