{{ config(meta={'spares': 'goods'}) }}
-- Two customers of one audience and currency with the same measures have the same scores (no NTILE by accident).
select audience, currency_code, recency_days, frequency, monetary_minor
from {{ ref('fct_rfm') }}
where r_score is not null
group by audience, currency_code, recency_days, frequency, monetary_minor
having min(r_score) <> max(r_score) or min(f_score) <> max(f_score) or min(m_score) <> max(m_score)
