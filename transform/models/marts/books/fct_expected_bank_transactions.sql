with

movements as (
    select *
    from {{ ref('can_processor_movements') }}
    where movement_type not in ('charge', 'refund', 'payout', 'payout_failure')
),

booked as (
    select distinct entity_id, memo
    from {{ ref('can_book_documents') }}
    where memo is not null and not is_deleted
),

mapped as (
    select
        'je:' || entity_id || ':' || movement_id || ':moved:0' as document_key,
        movement_id, entity_id, platform, movement_type, movement_date, currency_code, amount_minor, fee_minor, net_minor,
        case movement_type
            when 'dispute' then '1130'
            when 'dispute_reversal' then '1130'
            when 'reserve_hold' then '1120'
            when 'reserve_release' then '1120'
            when 'payout_fee' then '6005'
            when 'fee' then '6020'
            when 'refund_failure' then '2320'
        end as account_number,
        case when movement_type in ('dispute', 'dispute_reversal') then '6010' else '6000' end as fee_account_number
    from movements
),

transactions as (
    select
        mapped.document_key,
        mapped.movement_id,
        mapped.entity_id,
        mapped.platform,
        mapped.movement_type,
        mapped.movement_date as document_date,
        case when mapped.net_minor < 0 then 'spent' else 'received' end as direction,
        '1100' as clearing_account_number,
        mapped.account_number,
        mapped.fee_account_number,
        mapped.amount_minor,
        mapped.fee_minor,
        cast(abs(mapped.net_minor) as bigint) as total_minor,
        mapped.currency_code,
        booked.memo is not null as is_in_books,
        case
            when mapped.account_number is null then 'unmapped_account'
            when mapped.net_minor = 0 then 'nothing_moves'
            when mapped.movement_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
        end as held_back_reason
    from mapped
    left join booked on mapped.entity_id = booked.entity_id and mapped.document_key = booked.memo
)

select * from transactions
