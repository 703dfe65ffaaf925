with

amounts as (
    select * from {{ ref('fct_correction_amounts') }} where signed_minor != 0
),

closed as (
    select entity_id, max(period_month) as closed_until from {{ ref('can_closes') }} group by entity_id
),

orders as (
    select order_id, order_number, coalesce(channel, platform) as channel from {{ ref('can_orders') }}
)

select
    regexp_replace(amounts.corrects_key, ':0$', '') || ':' || cast(amounts.revision as varchar) || ':correct' as document_key,
    amounts.corrects_key, amounts.entity_id, amounts.period_month, amounts.order_id, amounts.refund_id,
    coalesce(max(orders.channel), 'unknown') as channel, coalesce(max(orders.channel), 'unknown') || ' customers' as customer_name,
    coalesce(max(orders.order_number), amounts.order_id) || case when amounts.refund_id is null then '-C' else '-RC' end
        || cast(amounts.revision as varchar) as document_number,
    {{ add_days(end_of_month("cast(max(closed.closed_until) || '-01' as date)"), 1) }} as document_date,
    'J-39' as recipe, 'SRC-07' as reason_code, amounts.cause,
    {{ sum_minor("case when amounts.account_number = accounts.clearing then amounts.signed_minor else 0 end") }} as clearing_minor,
    {{ sum_minor("case when amounts.signed_minor > 0 then amounts.signed_minor else 0 end") }} as total_minor,
    amounts.currency_code,
    case
        when max(amounts.held_back_reason) is not null then max(amounts.held_back_reason)
        when sum(amounts.signed_minor) != 0 then 'lines_do_not_add_up'
        -- What a customer owes is set against an invoice, and that is a person's.
        when bool_or(amounts.account_number = accounts.receivable) then 'on_terms'
    end as held_back_reason
from amounts
inner join closed on amounts.entity_id = closed.entity_id
inner join {{ ref('dim_posting_accounts') }} as accounts on amounts.entity_id = accounts.entity_id
left join orders on amounts.order_id = orders.order_id
group by amounts.corrects_key, amounts.revision, amounts.entity_id, amounts.period_month, amounts.order_id, amounts.refund_id, amounts.cause,
    amounts.currency_code
