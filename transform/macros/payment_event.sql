{# The money event of a payment on another day than its sale: a row of fct_settled_legs names what brought the money. #}
{% macro payment_event(legs) -%}
case
            when {{ legs }}.tender = 'clearing' then 'je:' || {{ legs }}.entity_id || ':' || {{ legs }}.movement_id || ':charge'
            when {{ legs }}.tender = 'bank' then 'je:' || {{ legs }}.entity_id || ':' || {{ legs }}.bank_line_id || ':received'
            else 'je:' || {{ legs }}.entity_id || ':' || {{ legs }}.settled_leg_id || ':paid'
        end
{%- endmacro %}
