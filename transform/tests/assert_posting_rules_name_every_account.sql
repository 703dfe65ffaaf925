{{ config(severity='warn', meta={'spares': 'goods'}) }}
-- Everything a document may stand on has an account in seeds/posting_rules, for every entity.
-- A failure means that no document of the entity is written: `unmapped` says what to give an account to.
select entity_id, unmapped from {{ ref('dim_posting_accounts') }} where unmapped is not null
