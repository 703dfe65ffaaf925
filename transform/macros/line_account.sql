{#
    Account of what a line of an order is for, when it is sold or (`returned`) given back, by the posting rules of the line's entity.
    Wants dim_posting_accounts as `accounts`.
#}
{% macro line_account(line_type, direction='sold') -%}
    {%- set key = 'return' if direction == 'returned' else 'sale' -%}
    case {{ line_type }}
        {%- for kind in ['product', 'shipping', 'gift_card', 'tip', 'fee', 'duty'] %}
        when '{{ kind }}' then accounts.{{ key }}_{{ kind }}
        {%- endfor %}
        when 'adjustment' then accounts.return_adjustment
        else accounts.{{ key }}_cash_rounding
    end
{%- endmacro %}
