{#
    House account of what a line of an order is for, when it is sold or (`returned`) given back. The defaults of seeds/posting_rules say the same;
    a test holds the two together.
#}
{% macro line_account(line_type, direction='sold') -%}
    case {{ line_type }}
        when 'product' then '{{ '4020' if direction == 'returned' else '4000' }}'
        when 'shipping' then '{{ '4035' if direction == 'returned' else '4030' }}'
        when 'gift_card' then '2200'
        when 'tip' then '2340'
        when 'fee' then '4060'
        when 'duty' then '2120'
        when 'adjustment' then '4025'
        else '7095'
    end
{%- endmacro %}
