with

orders as (
    select * from {{ ref('fct_order_reconciliation') }}
),

clearing_days as (
    select * from {{ ref('fct_clearing_days') }}
),

ordered as (
    select entity_id, order_date as bridge_date, currency_code, {{ sum_minor('total_minor') }} as amount_minor
    from orders
    group by entity_id, order_date, currency_code
),

-- Every end comes from its own system, never from start plus rows.
banked as (
    select bank_lines.entity_id, bank_lines.value_date as bridge_date, bank_lines.currency_code, {{ sum_minor('bank_lines.amount_minor') }} as amount_minor
    from {{ ref('can_bank_lines') }} as bank_lines
    left join (select distinct bank_line_id from {{ ref('fct_payout_bank_links') }}) as links
        on bank_lines.bank_line_id = links.bank_line_id
    where links.bank_line_id is not null or bank_lines.amount_minor > 0
    group by bank_lines.entity_id, bank_lines.value_date, bank_lines.currency_code
),

recognised as (
    select entity_id, event_date as bridge_date, currency_code, {{ sum_minor('net_revenue_minor') }} as amount_minor
    from {{ ref('fct_net_revenue') }}
    group by entity_id, event_date, currency_code
),

booked as (
    select entity_id, document_date as bridge_date, currency_code, {{ sum_minor('booked_revenue_minor') }} as amount_minor
    from {{ ref('fct_book_matches') }}
    where not is_deleted
    group by entity_id, document_date, currency_code
),

sides as (
    {%- for table, bridge, side in [
        ('ordered', 'storefront_to_bank', 'start'), ('banked', 'storefront_to_bank', 'end'),
        ('ordered', 'storefront_to_net_revenue', 'start'), ('recognised', 'storefront_to_net_revenue', 'end'),
        ('recognised', 'net_revenue_to_books', 'start'), ('booked', 'net_revenue_to_books', 'end'),
    ] %}
    select entity_id, bridge_date, currency_code, '{{ bridge }}' as bridge, '{{ side }}' as side, amount_minor
    from {{ table }}
    union all
    {%- endfor %}
    select entity_id, clearing_date, currency_code, 'clearing', 'start', opening_minor
    from clearing_days
    union all
    select entity_id, clearing_date, currency_code, 'clearing', 'end', coalesce(reported_closing_minor, computed_closing_minor)
    from clearing_days
    -- A day that only has differences still gets its bridge, from nought to nought.
    {%- for parts in ['fct_money_atom_parts', 'fct_within_month_parts'] %}
    union all
    select distinct entity_id, part_date, currency_code, bridge, 'start', cast(0 as bigint)
    from {{ ref(parts) }}
    {%- endfor %}
),

bridges as (
    select
        entity_id,
        bridge_date,
        currency_code,
        bridge,
        {{ sum_minor("case when side = 'start' then amount_minor else 0 end") }} as start_minor,
        {{ sum_minor("case when side = 'end' then amount_minor else 0 end") }} as end_minor
    from sides
    group by entity_id, bridge_date, currency_code, bridge
)

select
    entity_id || ':' || coalesce(cast(bridge_date as varchar), 'no day') || ':' || currency_code || ':' || bridge as bridge_day_id,
    entity_id, bridge_date, {{ month_key('bridge_date') }} as period_month, currency_code, bridge, start_minor, end_minor
from bridges
