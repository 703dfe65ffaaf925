with

lines as (
    select lines.*, events.event_type
    from {{ ref('fct_journal_lines') }} as lines
    inner join {{ ref('fct_money_events') }} as events using (event_id)
    where lines.posting_key = 'deferred'
),

monthly as (
    select
        entity_id, period_month, currency_code,
        {{ sum_minor("case when event_type = 'payment' then -signed_minor else 0 end") }} as received_minor,
        {{ sum_minor("case when event_type in ('sale', 'refund_release') then -signed_minor else 0 end") }} as released_minor,
        {{ sum_minor("case when event_type = 'refund' then -signed_minor else 0 end") }} as refunded_minor,
        {{ sum_minor('-signed_minor') }} as moved_minor
    from lines
    group by entity_id, period_month, currency_code
),

rolled as (
    select
        *,
        cast(sum(moved_minor) over (partition by entity_id, currency_code order by period_month rows unbounded preceding) as bigint) as closing_minor
    from monthly
)

select
    entity_id, period_month, currency_code, closing_minor - moved_minor as opening_minor, received_minor, released_minor, refunded_minor, closing_minor
from rolled
