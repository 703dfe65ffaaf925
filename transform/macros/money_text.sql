{# Minor units → decimal text in major units ('108.45', '-0.07', '500'), for sentences only; payloads carry minor units. #}
{% macro money_text(amount_minor, currency_code) -%}
    (case when {{ amount_minor }} < 0 then '-' else '' end
        || cast({{ floor_divide('abs(' ~ amount_minor ~ ')', minor_units_per_major(currency_code)) }} as varchar)
        || case {{ minor_units_per_major(currency_code) }}
            when 1 then ''
            when 1000 then '.' || lpad(cast(abs({{ amount_minor }}) % 1000 as varchar), 3, '0')
            else '.' || lpad(cast(abs({{ amount_minor }}) % 100 as varchar), 2, '0')
        end)
{%- endmacro %}
