with

source as (
    select * from {{ source('raw_quickbooks', 'deletions') }}
),

renamed as (
    select
        account_id,
        id as platform_record_id,
        case entity
            when 'SalesReceipt' then 'sales_receipt'
            when 'Invoice' then 'invoice'
            when 'RefundReceipt' then 'refund_receipt'
            when 'CreditMemo' then 'credit_memo'
            when 'Deposit' then 'deposit'
            when 'JournalEntry' then 'journal_entry'
            when 'Payment' then 'payment'
            when 'Account' then 'account'
            when 'Item' then 'item'
            when 'Customer' then 'customer'
            when 'Term' then 'terms'
            else 'unmapped'
        end as record_type,
        {{ utc_timestamp('last_updated_time') }} as deleted_at
    from source
)

select * from renamed
