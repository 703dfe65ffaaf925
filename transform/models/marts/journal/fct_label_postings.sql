with

labels as (
    select * from {{ ref('fct_label_events') }}
)

{% for key, sub_account, sign in [('shipping_cost', 'cast(null as varchar)', ''), ('carrier', 'carrier_account', '-')] -%}
select
    event_id, order_id, '{{ key }}' as posting_key, '' as detail, {{ sub_account }} as sub_account, cast(null as varchar) as movement_id,
    {{ sign }}cost_minor as signed_minor, currency_code, event_date as rate_date
from labels
{{ 'union all' if not loop.last }}
{% endfor -%}
