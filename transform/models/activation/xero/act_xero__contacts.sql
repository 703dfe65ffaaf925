with

companies as (
    select
        customer_key, entity_id, display_name, tax_id, platform_customer_id, booked_display_name, booked_tax_id, currency_code,
        invoices, newest_document_key
    from {{ ref('fct_expected_book_customers') }}
    where entity_id in {{ entities_with_books('xero') }}
),

-- What moved nothing at a processor is invoiced to its channel, so that needs a contact too.
channels as (
    select
        customer_key, entity_id, customer_name as display_name, min(currency_code) as currency_code, count(*) as invoices,
        max(document_key) as newest_document_key
    from {{ ref('fct_expected_settled_documents') }}
    where entity_id in {{ entities_with_books('xero') }}
    group by customer_key, entity_id, customer_name
),

named as (
    select entity_id, lower(display_name) as name_key, min(platform_customer_id) as platform_customer_id, min(display_name) as display_name
    from {{ ref('can_book_customers') }}
    where platform = 'xero' and is_active
    group by entity_id, lower(display_name)
),

expected as (
    select * from companies
    union all
    select
        channels.customer_key, channels.entity_id, channels.display_name, null, named.platform_customer_id, named.display_name, null,
        channels.currency_code, channels.invoices, channels.newest_document_key
    from channels
    left join named on channels.entity_id = named.entity_id and lower(channels.display_name) = named.name_key
),

held as (
    select entity_id, platform_customer_id, customer_number from {{ ref('can_book_customers') }} where platform = 'xero'
),

contacts as (
    select
        expected.customer_key as record_key,
        expected.customer_key as contact_number,
        -- A name somebody typed with other capitals is the same contact there, and stays as it was typed.
        coalesce(expected.booked_display_name, expected.display_name) as contact_name,
        coalesce(expected.tax_id, expected.booked_tax_id) as tax_id,
        expected.platform_customer_id as platform_contact_id,
        case when held.customer_number is not null then expected.customer_key end as observed_contact_number,
        expected.booked_display_name as observed_contact_name,
        expected.booked_tax_id as observed_tax_id,
        expected.platform_customer_id as observed_platform_contact_id,
        cast(null as bigint) as money_minor,
        expected.currency_code,
        cast(expected.invoices as varchar) || case when expected.invoices = 1 then ' invoice' else ' invoices' end
            || '; the books ' || case
                when expected.platform_customer_id is null then 'have no such contact'
                when held.customer_number is null then 'have this contact without a number'
                else 'say tax id ' || coalesce(expected.booked_tax_id, 'none') end as reason,
        expected.newest_document_key as source_key
    from expected
    left join held
        on expected.entity_id = held.entity_id and expected.platform_customer_id = held.platform_customer_id
)

select * from contacts
