{%- set measures = [('r', 'recency_days', 'desc', '<='), ('f', 'frequency', 'asc', '>='), ('m', 'monetary_minor', 'asc', '>=')] -%}
with grid as (
    select
        *,
        count(*) over (partition by audience, currency_code) as parties
        {%- for letter, measure, direction, _ in measures %},
        rank() over (partition by audience, currency_code order by {{ measure }} {{ direction }}) as {{ letter }}_rank
        {%- endfor %}
    from {{ ref('fct_rfm_measures') }}
    where population = 'grid'
),

-- least(5, 1 + floor(5 × percent_rank)) in whole numbers: equal customers rank equally, so they score equally.
relative_scores as (
    select
        grid.*
        {%- for letter, _, _, _ in measures %},
        least(5, 1 + {{ floor_divide('5 * (' ~ letter ~ '_rank - 1)', 'greatest(parties - 1, 1)') }}) as {{ letter }}_relative
        {%- endfor %}
    from grid
),

thresholds as (
    select * from {{ ref('rfm_thresholds') }}
),

{% for letter, measure, _, comparison in measures -%}
{{ letter }}_stored as (
    select
        relative_scores.customer_id,
        max(case when relative_scores.{{ measure }} {{ comparison }} thresholds.cut_off then thresholds.score else 1 end) as score
    from relative_scores
    inner join thresholds
        on thresholds.measure = '{{ measure }}' and thresholds.currency_code in (relative_scores.currency_code, '*')
    group by relative_scores.customer_id
),

{% endfor -%}
scored as (
    select
        relative_scores.*,
        {%- for letter, _, _, _ in measures %}
        relative_scores.parties < {{ var('rfm_minimum_parties', 500) }} and {{ letter }}_stored.score is not null as {{ letter }}_is_stored,
        cast(case
            when relative_scores.parties < {{ var('rfm_minimum_parties', 500) }} then coalesce({{ letter }}_stored.score, {{ letter }}_relative)
            else {{ letter }}_relative
        end as bigint) as {{ letter }}_score{{ ',' if not loop.last }}
        {%- endfor %}
    from relative_scores
    {%- for letter, _, _, _ in measures %}
    left join {{ letter }}_stored on relative_scores.customer_id = {{ letter }}_stored.customer_id
    {%- endfor %}
),

-- The cut-off shown is the weakest value that earned this score in this space, whichever way the score was made.
explained as (
    select
        *,
        max(recency_days) over (partition by audience, currency_code, r_score) as r_cut_off,
        min(frequency) over (partition by audience, currency_code, f_score) as f_cut_off,
        min(monetary_minor) over (partition by audience, currency_code, m_score) as m_cut_off
    from scored
),

rfm as (
    select
        measures.customer_id,
        measures.as_of_date,
        measures.audience,
        measures.recency_days,
        measures.frequency,
        measures.monetary_minor,
        measures.currency_code,
        explained.r_score,
        explained.f_score,
        explained.m_score,
        case when measures.population = 'grid' then segments.segment else measures.population end as segment,
        case
            when explained.customer_id is null then 'none'
            when explained.r_is_stored and explained.m_is_stored then 'thresholds'
            when explained.r_is_stored then 'thresholds, monetary relative'
            else 'relative'
        end as score_mode,
        explained.parties,
        cast(explained.r_rank as bigint) as r_rank,
        cast(explained.f_rank as bigint) as f_rank,
        cast(explained.m_rank as bigint) as m_rank,
        cast(explained.r_cut_off as bigint) as r_cut_off,
        cast(explained.f_cut_off as bigint) as f_cut_off,
        cast(explained.m_cut_off as bigint) as m_cut_off,
        measures.orders_in_window,
        '{{ var("rfm_rule_version", "rfm-1") }}' as rule_version
    from {{ ref('fct_rfm_measures') }} as measures
    left join explained on measures.customer_id = explained.customer_id
    left join {{ ref('rfm_segments') }} as segments
        on explained.r_score = segments.r_score
        and explained.f_score = segments.f_score
        and explained.m_score = segments.m_score
)

select * from rfm
