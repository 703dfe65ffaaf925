with

changes as (
    select * from {{ ref('fct_close_changes') }}
)

select
    'closed:' || close_change_id as difference_id, entity_id, period_month, currency_code,
    cast(null as varchar) as bridge, 'closed month' as from_system,
    case measure when 'total_minor' then 'storefront' when 'tax_minor' then 'tax' else 'net_revenue' end as to_system,
    'SRC-07' as reason_code, order_id, coalesce(refund_id, order_id, row_key) as reference, amount_minor,
    cause || ': ' || measure || ' was frozen as ' || cast(frozen_minor as varchar) || ' minor units and is '
        || cast(today_minor as varchar) || ' today' as evidence
from changes
