{# True for a document whose month, and every later one, is open: nothing is written into a closed month. Needs entity_id and, unless told, document_date. #}
{% macro in_open_month(document, dated=none) -%}
    not exists (
        select 1
        from {{ ref('dim_closed_months') }} as closed_months
        where closed_months.entity_id = {{ document }}.entity_id
            and closed_months.period_month >= {{ month_key(dated or document ~ '.document_date') }}
    )
{%- endmacro %}
