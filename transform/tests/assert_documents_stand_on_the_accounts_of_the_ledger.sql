{{ config(severity='warn') }}
-- What an order's documents say was sold or given back stands on the accounts of the house chart (macro line_account), whatever seeds/posting_rules says;
-- the ledger follows the rules. Where a rule names another account, the books get the house's: point the item there, or take the rule back.
-- A row is a rule and the account the documents name instead.
with

lines as (
    {%- for key, direction in [('sale', 'sold'), ('return', 'returned')] %}
    {%- for kind in ['product', 'shipping', 'gift_card', 'tip', 'fee', 'duty', 'cash_rounding', 'adjustment'] %}
    select '{{ key }}' as posting_key, '{{ kind }}' as detail, {{ line_account("'" ~ kind ~ "'", direction) }} as account_number
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select rules.entity_id, rules.posting_key, rules.detail, rules.account_number, lines.account_number as documents_account_number
from {{ ref('posting_rules') }} as rules
inner join lines on rules.posting_key = lines.posting_key and rules.detail in (lines.detail, '*')
where rules.account_number != lines.account_number
