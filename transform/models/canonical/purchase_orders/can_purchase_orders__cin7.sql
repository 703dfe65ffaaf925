with

purchases as (
    select * from {{ ref('stg_cin7__purchases') }}
),

lines as (
    select * from {{ ref('stg_cin7__purchase_lines') }}
),

receipt_lines as (
    select * from {{ ref('stg_cin7__purchase_receipt_lines') }}
),

locations as (
    select * from {{ ref('locations') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- Receipts name a SKU, not a line.
received as (
    select
        account_id, platform_purchase_order_id, sku, sum(quantity) as received_quantity, max(received_date) as last_received_date
    from receipt_lines
    where is_received
    group by account_id, platform_purchase_order_id, sku
),

ordered as (
    select
        lines.account_id,
        lines.platform_purchase_order_id,
        lines.line_number,
        lines.sku,
        lines.quantity,
        coalesce(received.received_quantity, 0) as received_of_sku,
        received.last_received_date,
        coalesce(
            sum(lines.quantity) over (
                partition by lines.account_id, lines.platform_purchase_order_id, lines.sku
                order by lines.line_number rows between unbounded preceding and 1 preceding
            ),
            0
        ) as ordered_before,
        lines.line_number = max(lines.line_number) over (
            partition by lines.account_id, lines.platform_purchase_order_id, lines.sku
        ) as is_last_of_sku
    from lines
    left join received
        on
            lines.account_id = received.account_id
            and lines.platform_purchase_order_id = received.platform_purchase_order_id
            and lines.sku = received.sku
),

-- Lines of one SKU fill in their order; what came beyond the order stays on the last one, so no unit is lost.
filled as (
    select
        account_id,
        platform_purchase_order_id,
        line_number,
        sku,
        quantity,
        last_received_date,
        case
            when is_last_of_sku then greatest(received_of_sku - ordered_before, 0)
            else least(greatest(received_of_sku - ordered_before, 0), quantity)
        end as received_quantity
    from ordered
),

mapped as (
    select
        'cin7:' || filled.account_id || ':' || filled.platform_purchase_order_id || ':' || filled.line_number
            as purchase_order_line_id,
        'cin7' as platform,
        filled.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        filled.platform_purchase_order_id,
        filled.sku,
        coalesce(locations.location_id, purchases.platform_location_id) as location_id,
        cast(floor(filled.quantity) as bigint) as quantity,
        cast(floor(filled.received_quantity) as bigint) as received_quantity,
        purchases.required_date as expected_date,
        filled.last_received_date,
        case
            when purchases.purchase_status = 'voided' then 'cancelled'
            when purchases.purchase_status = 'completed' then 'received'
            when purchases.purchase_status = 'ordered' and filled.received_quantity >= filled.quantity then 'received'
            when purchases.purchase_status = 'ordered' then 'open'
            else 'unmapped'
        end as purchase_order_status
    from filled
    inner join purchases
        on
            filled.account_id = purchases.account_id
            and filled.platform_purchase_order_id = purchases.platform_purchase_order_id
    left join locations
        on
            locations.platform = 'cin7'
            and filled.account_id = locations.account_id
            and purchases.platform_location_id = locations.platform_location_id
    left join accounts on accounts.platform = 'cin7' and filled.account_id = accounts.account_id
    -- A draft is nobody's promise to deliver.
    where purchases.purchase_status <> 'draft'
)

select * from mapped
