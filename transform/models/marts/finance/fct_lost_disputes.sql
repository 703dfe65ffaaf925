with

movements as (
    select * from {{ ref('fct_dispute_movements') }} where movement_type in ('dispute', 'dispute_reversal') and dispute_status = 'lost'
),

disputes as (
    select dispute_id, charge_reference from {{ ref('can_disputes') }}
),

policies as (
    select * from {{ ref('dispute_policies') }}
),

charge_orders as (
    select charge_reference, min(order_id) as order_id
    from {{ ref('fct_payment_matches') }}
    where charge_reference is not null
    group by charge_reference
),

worths as (
    select * from {{ ref('fct_order_worths') }}
),

-- What was taken and not given back. No source dates the verdict, so the loss counts on the day the money last moved.
taken as (
    select
        disputes.dispute_id, movements.entity_id, movements.platform || ':' || movements.account_id as processor_account,
        disputes.charge_reference, movements.currency_code, max(movements.movement_date) as lost_date,
        -{{ sum_minor('movements.amount_minor') }} as lost_minor
    from disputes
    inner join movements on disputes.dispute_id = movements.dispute_id
    group by disputes.dispute_id, movements.entity_id, movements.platform, movements.account_id, disputes.charge_reference, movements.currency_code
),

judged as (
    select
        taken.*, charge_orders.order_id, recognitions.channel, recognitions.order_number, recognitions.recognition_policy,
        coalesce(of_entity.policy, of_all.policy, 'cost') = 'return' and recognitions.order_id is not null and worths.worth_minor > 0 as is_return,
        case
            when worths.worth_minor > 0
                then {{ half_even_divide('cast(worths.tax_minor as hugeint) * taken.lost_minor', 'worths.worth_minor') }}
        end as tax_share_minor
    from taken
    left join charge_orders on taken.charge_reference = charge_orders.charge_reference
    left join {{ ref('fct_order_recognitions') }} as recognitions
        on charge_orders.order_id = recognitions.order_id
        and taken.currency_code = recognitions.currency_code
        and recognitions.recognised_date is not null
    left join worths on charge_orders.order_id = worths.order_id
    left join policies as of_entity on taken.entity_id = of_entity.entity_id
    left join policies as of_all on of_all.entity_id = '*'
)

select
    dispute_id, entity_id, processor_account, order_id, channel, order_number, recognition_policy, lost_date, currency_code, lost_minor, is_return,
    case when is_return then 0 else lost_minor end as cost_minor,
    case when is_return then lost_minor - tax_share_minor else 0 end as returned_minor,
    case when is_return then tax_share_minor else 0 end as tax_minor
from judged
where lost_minor != 0
