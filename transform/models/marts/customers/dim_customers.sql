with orders as (
    select * from {{ ref('fct_customer_orders') }}
),

order_facts as (
    select
        customer_id,
        min(identity_rule) as identity_rule,
        max(email) as email,
        min(entity_id) as entity_id,
        bool_or(is_b2b) as is_b2b,
        min(case when qualification not in ('test', 'cancelled') then placed_at end) as first_order_at,
        max(case when qualification not in ('test', 'cancelled') then placed_at end) as last_order_at,
        cast(sum(case when qualification in ('test', 'cancelled') then 0 else 1 end) as bigint) as orders,
        cast(sum(case when is_qualifying then 1 else 0 end) as bigint) as qualifying_orders,
        cast(sum(case when platform_customer_id is null then 1 else 0 end) as bigint) as guest_orders
    from orders
    group by customer_id
),

account_facts as (
    select
        customer_id,
        min(identity_rule) as identity_rule,
        max(email) as email,
        max(case when platform = 'shopify' then platform_customer_id end) as shopify_customer_id,
        max(case when platform = 'woocommerce' then platform_customer_id end) as woocommerce_customer_id,
        {{ sorted_list("platform || ':' || account_id || ':' || platform_customer_id", 'platform, account_id, platform_customer_id') }}
            as platform_customers,
        min(created_at) as first_known_at
    from {{ ref('dim_customer_accounts') }}
    group by customer_id
),

customers as (
    select customer_id from order_facts
    union
    select customer_id from account_facts
),

main_currencies as (
    select * from {{ ref('fct_customer_revenue') }} where is_main_currency
),

currency_counts as (
    select customer_id, count(*) as currencies from {{ ref('fct_customer_revenue') }} group by customer_id
),

dimension as (
    select
        customers.customer_id,
        coalesce(account_facts.identity_rule, order_facts.identity_rule) as identity_rule,
        coalesce(account_facts.identity_rule, order_facts.identity_rule) <> 'order' as is_resolvable,
        coalesce(account_facts.email, order_facts.email) as email,
        account_facts.shopify_customer_id,
        account_facts.woocommerce_customer_id,
        account_facts.platform_customers,
        coalesce(order_facts.is_b2b, false) as is_b2b,
        account_facts.first_known_at,
        order_facts.first_order_at,
        order_facts.last_order_at,
        coalesce(order_facts.orders, 0) as orders,
        coalesce(order_facts.qualifying_orders, 0) as qualifying_orders,
        coalesce(order_facts.guest_orders, 0) as guest_orders,
        coalesce(main_currencies.net_revenue_minor, 0) as net_revenue_minor,
        coalesce(main_currencies.currency_code, entities.base_currency_code) as currency_code,
        coalesce(currency_counts.currencies, 0) > 1 as has_other_currencies
    from customers
    left join order_facts on customers.customer_id = order_facts.customer_id
    left join account_facts on customers.customer_id = account_facts.customer_id
    left join main_currencies on customers.customer_id = main_currencies.customer_id
    left join currency_counts on customers.customer_id = currency_counts.customer_id
    left join {{ ref('entities') }} as entities
        on coalesce(order_facts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from dimension
