{# The day an invoice is due: so many days after its date, or after the end of its month (EOM + 15). #}
{% macro due_date(document_date, days, is_end_of_month) -%}
    case when {{ is_end_of_month }} then {{ add_days(end_of_month(document_date), days) }} else {{ add_days(document_date, days) }} end
{%- endmacro %}
