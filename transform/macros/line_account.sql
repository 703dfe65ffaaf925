{# House account of what a line of an order is for, when it is sold or (`returned`) given back. #}
{% macro line_account(line_type, direction='sold') -%}
    case {{ line_type }}
        when 'product' then '{{ '4020' if direction == 'returned' else '4000' }}'
        when 'shipping' then '4030'
        when 'gift_card' then '2200'
        when 'tip' then '2340'
        when 'fee' then '4060'
        when 'duty' then '2120'
        else '{{ '4020' if direction == 'returned' else '7090' }}'
    end
{%- endmacro %}
