{%- set columns = 'charge_method_id, platform, account_id, entity_id, charge_reference, payment_method, card_brand, payer_country, payer_email' %}
select {{ columns }}
from {{ ref('can_charge_methods__stripe') }}
union all
select {{ columns }}
from {{ ref('can_charge_methods__paypal') }}
