with

-- What was paid in advance fixed the rate of the whole order.
recognitions as (
    select
        recognitions.order_id, 'je:' || recognitions.entity_id || ':' || recognitions.order_id || ':captured' as event_id,
        recognitions.recognised_date, coalesce(order_rates.rate_date, recognitions.recognised_date) as rate_date
    from {{ ref('fct_order_recognitions') }} as recognitions
    left join {{ ref('fct_order_rates') }} as order_rates using (order_id)
    where recognitions.recognised_date is not null
),

order_lines as (
    select order_lines.*, recognitions.event_id, recognitions.rate_date
    from {{ ref('can_order_lines') }} as order_lines
    inner join recognitions using (order_id)
),

worths as (
    select * from {{ ref('fct_order_worths') }}
),

legs as (
    select legs.*, recognitions.event_id, recognitions.rate_date
    from {{ ref('fct_settled_legs') }} as legs
    inner join recognitions using (order_id)
),

sold as (
    select
        event_id, order_id, 'sale' as posting_key, line_type as detail, cast(null as varchar) as sub_account, cast(null as varchar) as movement_id,
        case when line_type in ('product', 'shipping', 'fee') then -gross_minor else -net_minor end as signed_minor,
        currency_code, rate_date
    from order_lines
    union all
    select event_id, order_id, 'discount', '', null, null, discount_minor, currency_code, rate_date
    from order_lines
    where line_type in ('product', 'shipping', 'fee')
),

-- A charge that another company of the group took is owed by it.
paid as (
    select
        event_id, order_id,
        case when money_entity_id != entity_id then 'due_from' when tender in ('clearing', 'bank') then tender else 'tender' end,
        case when tender in ('clearing', 'bank') then '' else tender end,
        case when money_entity_id != entity_id then money_entity_id else sub_account end,
        case when money_entity_id = entity_id then movement_id end,
        case when money_entity_id != entity_id then amount_minor else money_minor end,
        case when money_entity_id != entity_id then currency_code else money_currency_code end,
        recognised_date
    from legs
    where moment = 'same_day'
),

advanced as (
    select event_id, order_id, 'deferred', '', null, null, amount_minor - overpaid_minor - advance_tax_minor, currency_code, settled_date
    from legs
    where is_advance
),

overpaid as (
    select event_id, order_id, 'overpayment', '', null, null, -overpaid_minor, currency_code, recognised_date
    from legs
    where moment = 'same_day'
),

-- The rest is owed: what was sold, less what is paid with it or was paid in advance.
owed as (
    select recognitions.event_id, order_id, worths.worth_minor as amount_minor, worths.currency_code, recognitions.rate_date
    from recognitions
    inner join worths using (order_id)
    union all
    select event_id, order_id, overpaid_minor - amount_minor, currency_code, rate_date from legs where moment = 'same_day' or is_advance
),

receivable as (
    select event_id, order_id, 'receivable', '', null, null, amount_minor, currency_code, rate_date
    from owed
),

-- A cent of tax that the header states and the total does not hold is ours.
borne as (
    select recognitions.event_id, order_id, 'tax_rounding', '', null, null, worths.borne_rounding_minor, worths.currency_code, recognitions.rate_date
    from recognitions
    inner join worths using (order_id)
),

postings as (
    select * from sold
    union all
    select * from paid
    union all
    select * from advanced
    union all
    select * from overpaid
    union all
    select * from receivable
    union all
    select * from borne
)

select * from postings where signed_minor != 0
