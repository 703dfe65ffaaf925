with

orders as (
    select * from {{ ref('stg_woocommerce__orders') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- The platform has no payments: an order says how it is paid, when, and by which reference.
main_legs as (
    select
        account_id, platform_order_id, currency_code, payment_method as gateway, transaction_id, placed_at, paid_at,
        platform_order_id || ':payment' as platform_payment_id,
        case when paid_at is null and transaction_id is not null then 'authorization' else 'sale' end as payment_type,
        case
            when paid_at is not null then 'succeeded'
            when platform_order_status in ('cancelled', 'failed', 'trash') then 'failed'
            when transaction_id is not null then 'succeeded'
            else 'pending'
        end as payment_status,
        case
            when payment_method like '%stripe%' or payment_method like '%card%' or payment_method in ('woocommerce_payments', 'ppcp-credit-card-gateway') then 'card'
            when is_paid_by_hand then 'manual'
            when payment_method like '%terms%' or payment_method like '%invoice%' then 'terms'
            else 'other'
        end as tender_type,
        total_minor as amount_minor
    from orders
    where total_minor > 0
),

gift_card_legs as (
    select
        account_id, platform_order_id, currency_code, 'gift_card' as gateway, cast(null as varchar) as transaction_id, placed_at, paid_at,
        platform_order_id || ':gift_card' as platform_payment_id,
        'sale' as payment_type,
        'succeeded' as payment_status,
        'gift_card' as tender_type,
        gift_card_minor as amount_minor
    from orders
    where gift_card_minor > 0
),

legs as (
    select * from main_legs
    union all
    select * from gift_card_legs
),

mapped as (
    select
        'woocommerce:' || legs.account_id || ':' || legs.platform_payment_id as order_payment_id,
        'woocommerce:' || legs.account_id || ':' || legs.platform_order_id as order_id,
        'woocommerce' as platform,
        legs.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        legs.platform_payment_id,
        legs.payment_type,
        legs.payment_status,
        legs.tender_type,
        legs.gateway,
        legs.amount_minor,
        legs.currency_code,
        coalesce(legs.paid_at, legs.placed_at) as processed_at,
        -- PayPal's gateway keeps the capture's id as it is; Stripe's keeps its ids inside a receipt.
        case
            when legs.gateway like 'ppcp%' or legs.gateway like '%paypal%' then legs.transaction_id
            else coalesce({{ reference_in('legs.transaction_id', 'ch') }}, {{ reference_in('legs.transaction_id', 'pi') }})
        end as processor_reference,
        cast(null as varchar) as parent_payment_id
    from legs
    left join accounts
        on accounts.platform = 'woocommerce' and legs.account_id = accounts.account_id
)

select * from mapped
