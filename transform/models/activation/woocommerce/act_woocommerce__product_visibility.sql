{{ product_visibility_changes('woocommerce', 'platform_product_id') }}
