{{ config(meta={'spares': 'goods'}) }}
-- The rows about an account sum to what ledger and books differ by there, to the cent, and no row is about any other account.
with sides as (
    select close_account_id, difference_minor, cast(0 as bigint) as explained_minor from {{ ref('fct_close_trial_balance') }}
    union all
    select close_account_id, 0, difference_minor from {{ ref('fct_close_account_parts') }}
)

select close_account_id, {{ sum_minor('difference_minor') }} as difference_minor, {{ sum_minor('explained_minor') }} as explained_minor
from sides
group by close_account_id
having sum(difference_minor) != sum(explained_minor)
