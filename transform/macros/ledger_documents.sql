{# True for the key of an event that no document of sales, refunds, payments or payouts books: its last part says the kind. #}
{% macro is_ledger_document(event_id) -%}
    (
        {%- for kind in [
            'charge', 'refund', 'refund_failure', 'dispute', 'dispute_reversal', 'lost', 'fee', 'payout_fee', 'payout', 'adjustment', 'reserve_hold',
            'reserve_release', 'financing', 'label_bought', 'label_voided', 'processor_fee',
        ] %}
        {{- event_id }} like '%:{{ kind }}'{{ ' or ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}

{# What an entry of such an event is called in the books. #}
{% macro ledger_document_title(event_type) -%}
    case {{ event_type }}
        {%- for kind, words in [
            ('charge', 'Paid at the processor, no order known'), ('refund', 'Paid back at the processor, no refund known'),
            ('refund_failure', 'A refund that came back'), ('dispute', 'Disputed by the buyer'), ('dispute_reversal', 'Dispute money back'),
            ('dispute_lost', 'Dispute lost'), ('fee', 'Platform fee'), ('payout_fee', 'Payout fee'), ('payout', 'Taken from the bank'),
            ('adjustment', 'Adjustment by the processor'), ('reserve_hold', 'Held in reserve'), ('reserve_release', 'Released from reserve'),
            ('financing', 'Financing paid back'), ('label_bought', 'Shipping label'), ('label_voided', 'Shipping label voided'),
        ] %}
        when '{{ kind }}' then '{{ words }}'
        {%- endfor %}
    end
{%- endmacro %}
