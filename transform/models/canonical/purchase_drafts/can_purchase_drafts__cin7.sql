-- Drafts of anybody, and whatever became of those we made.
with purchases as (
    select * from {{ ref('stg_cin7__purchases') }}
    where purchase_status = 'draft' or our_reference is not null
),

lines as (
    select * from {{ ref('stg_cin7__purchase_lines') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'cin7:' || purchases.account_id || ':' || purchases.platform_purchase_order_id || ':'
            || cast(coalesce(lines.line_number, 0) as varchar) as purchase_draft_line_id,
        'cin7' as platform,
        purchases.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        purchases.platform_purchase_order_id,
        purchases.our_reference,
        purchases.supplier_name,
        lines.sku,
        cast(floor(lines.quantity) as bigint) as quantity,
        case purchases.purchase_status
            when 'draft' then 'open'
            when 'ordered' then 'ordered'
            when 'completed' then 'ordered'
            when 'voided' then 'declined'
            else 'unmapped'
        end as draft_status,
        purchases.updated_at
    from purchases
    left join lines
        on
            purchases.account_id = lines.account_id
            and purchases.platform_purchase_order_id = lines.platform_purchase_order_id
    left join accounts on accounts.platform = 'cin7' and purchases.account_id = accounts.account_id
)

select * from mapped
