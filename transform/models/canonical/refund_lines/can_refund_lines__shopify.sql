with

refund_lines as (
    select * from {{ ref('stg_shopify__refund_lines') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- Shopify signs an adjustment from the order's side: a negative one gives more back than the lines say.
signed as (
    select
        *,
        case
            when line_type = 'adjustment' then -amount_minor
            when is_tax_included then amount_minor - tax_minor
            else amount_minor
        end as given_back_minor,
        case when line_type = 'adjustment' then -tax_minor else tax_minor end as tax_given_back_minor
    from refund_lines
),

mapped as (
    select
        'shopify:' || signed.account_id || ':' || signed.platform_refund_id || ':' || signed.platform_refund_line_id as refund_line_id,
        'shopify:' || signed.account_id || ':' || signed.platform_refund_id as refund_id,
        'shopify:' || signed.account_id || ':' || signed.platform_order_id as order_id,
        'shopify:' || signed.account_id || ':' || signed.platform_line_id as order_line_id,
        'shopify' as platform,
        signed.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        signed.line_type,
        signed.sku,
        signed.quantity,
        cast(signed.given_back_minor as bigint) as net_minor,
        cast(signed.tax_given_back_minor as bigint) as tax_minor,
        signed.restock_type,
        signed.currency_code
    from signed
    left join accounts
        on accounts.platform = 'shopify' and signed.account_id = accounts.account_id
)

select * from mapped
