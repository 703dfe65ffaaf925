{# ShipStation's carrier code → the carrier's house word. Its own accounts have names of their own (stamps_com sells USPS). #}
{% macro shipstation_carrier(carrier_code) -%}
    case
        when lower({{ carrier_code }}) in ('stamps_com', 'usps', 'express_1', 'endicia') then 'usps'
        when lower({{ carrier_code }}) like 'ups%' then 'ups'
        when lower({{ carrier_code }}) like 'fedex%' then 'fedex'
        when lower({{ carrier_code }}) like 'dhl%' then 'dhl'
        else lower({{ carrier_code }})
    end
{%- endmacro %}
