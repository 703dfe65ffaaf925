with

orders as (
    select * from {{ ref('stg_woocommerce__orders') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

channels as (
    select channel, unpaid_hold_minutes from {{ ref('channels') }}
),

placed as (
    select
        orders.*,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'woocommerce') as channel
    from orders
    left join accounts
        on accounts.platform = 'woocommerce' and orders.account_id = accounts.account_id
),

mapped as (
    select
        'woocommerce:' || placed.account_id || ':' || placed.platform_order_id as order_id,
        'woocommerce' as platform,
        placed.account_id,
        placed.entity_id,
        placed.channel,
        placed.platform_order_id,
        placed.order_number,
        placed.placed_at,
        {{ local_date('placed.placed_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as order_date,
        -- The platform keeps no moment of cancelling; the last change of a cancelled order is the nearest thing to it.
        case when placed.platform_order_status in ('cancelled', 'failed', 'trash') then placed.updated_at end as cancelled_at,
        -- A shop that holds units for so many minutes cancelled the order unpaid by then, and its payment revived it. Money that is
        -- waited for by hand (a bank transfer, a cheque) is waited for without end: https://woocommerce.com/document/configuring-woocommerce-settings/
        case
            when
                not placed.is_paid_by_hand
                and {{ seconds_between('placed.placed_at', 'placed.paid_at') }} >= 60 * channels.unpaid_hold_minutes
                then placed.paid_at
        end as reclaimed_at,
        placed.updated_at,
        false as is_test,
        placed.is_b2b,
        placed.payment_terms,
        placed.company_name,
        nullif(upper(replace(placed.customer_tax_number, ' ', '')), '') as tax_id,
        placed.purchase_order_number as po_number,
        placed.currency_code,
        placed.platform_customer_id,
        placed.customer_email,
        placed.customer_phone,
        placed.shipping_country_code,
        placed.shipping_postcode,
        {{ shipping_address_key('placed') }} as shipping_address_key,
        case
            when not placed.is_status_known then 'unmapped'
            when placed.platform_order_status = 'refunded' or (placed.paid_at is not null and placed.refunded_minor <= -placed.total_minor and placed.total_minor > 0)
                then 'refunded'
            when placed.paid_at is not null and placed.refunded_minor < 0 then 'partially_refunded'
            when placed.paid_at is not null then 'paid'
            when placed.platform_order_status in ('cancelled', 'failed', 'trash') then 'voided'
            -- A payment reference with no day of payment: the gateway holds an authorisation.
            when placed.transaction_id is not null then 'authorized'
            else 'pending'
        end as order_payment_status,
        placed.order_fulfilment_status,
        false as is_fulfilled_by_channel,
        placed.is_tax_included,
        -- Where a gift-card extension took its part off the total, the order is worth what it was before.
        placed.total_minor + coalesce(placed.gift_card_minor, 0) as total_minor,
        placed.tax_minor
    from placed
    left join entities on placed.entity_id = entities.entity_id
    left join channels on placed.channel = channels.channel
)

select * from mapped
