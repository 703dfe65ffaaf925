with orders as (
    select
        *,
        nullif(lower(trim(customer_email)), '') as email,
        {{ as_of_date() }} as as_of_date
    from {{ ref('can_orders') }}
),

revenue as (
    select
        revenue.order_id,
        {{ sum_minor('revenue.net_revenue_minor') }} as net_revenue_minor,
        {{ sum_minor('case when revenue.event_date <= orders.as_of_date then revenue.net_revenue_minor else 0 end') }}
            as net_revenue_as_of_minor,
        min(revenue.event_date) as recognised_date
    from {{ ref('fct_net_revenue') }} as revenue
    inner join orders on revenue.order_id = orders.order_id and revenue.currency_code = orders.currency_code
    group by revenue.order_id
),

captures as (
    select distinct order_id
    from {{ ref('can_order_payments') }}
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded'
),

refunds as (
    select refunds.order_id, {{ sum_minor('refunds.amount_minor') }} as refunded_minor
    from {{ ref('can_refunds') }} as refunds
    inner join orders on refunds.order_id = orders.order_id
    where refunds.refund_status = 'succeeded' and refunds.refund_date <= orders.as_of_date
    group by refunds.order_id
),

lost_disputes as (
    select distinct charges.order_id
    from {{ ref('can_disputes') }} as disputes
    inner join {{ ref('fct_order_charges') }} as charges on disputes.charge_reference = charges.charge_reference
    where disputes.dispute_status = 'lost'
),

measured as (
    select
        orders.*,
        coalesce(revenue.net_revenue_minor, 0) as net_revenue_minor,
        coalesce(revenue.net_revenue_as_of_minor, 0) as net_revenue_as_of_minor,
        coalesce(refunds.refunded_minor, 0) as refunded_minor,
        lost_disputes.order_id is not null as has_lost_dispute,
        revenue.recognised_date <= orders.as_of_date
        or (revenue.recognised_date is null and (
            captures.order_id is not null
            or orders.payment_terms is not null
            or orders.order_payment_status in ('paid', 'partially_paid', 'partially_refunded', 'refunded')
        )) as is_earned
    from orders
    left join revenue on orders.order_id = revenue.order_id
    left join captures on orders.order_id = captures.order_id
    left join refunds on orders.order_id = refunds.order_id
    left join lost_disputes on orders.order_id = lost_disputes.order_id
),

judged as (
    select
        *,
        case
            when is_test then 'test'
            when order_date > as_of_date then 'after_as_of'
            when cancelled_at is not null then 'cancelled'
            when not coalesce(is_earned, false) then 'not_captured'
            when has_lost_dispute then 'dispute_lost'
            when refunded_minor > 0 and (refunded_minor >= total_minor or net_revenue_as_of_minor <= 0) then 'fully_refunded'
            else 'qualifies'
        end as qualification
    from measured
),

identified as (
    select
        judged.order_id,
        coalesce(
            accounts.customer_id,
            case when judged.email is not null then {{ digest(["'email'", 'judged.email']) }} end,
            {{ digest(["'order'", 'judged.order_id']) }}
        ) as customer_id,
        coalesce(accounts.identity_rule, case when judged.email is not null then 'email' else 'order' end) as identity_rule,
        coalesce(accounts.email, judged.email) as email,
        judged.entity_id,
        judged.platform,
        judged.account_id,
        judged.channel,
        judged.platform_customer_id,
        judged.placed_at,
        judged.order_date,
        judged.is_b2b,
        judged.shipping_address_key,
        judged.currency_code,
        judged.as_of_date,
        judged.qualification,
        judged.qualification = 'qualifies' as is_qualifying,
        judged.refunded_minor,
        judged.net_revenue_minor,
        judged.net_revenue_as_of_minor
    from judged
    left join {{ ref('dim_customer_accounts') }} as accounts
        on judged.platform = accounts.platform
        and judged.account_id = accounts.account_id
        and judged.platform_customer_id = accounts.platform_customer_id
)

select * from identified
