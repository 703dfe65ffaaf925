{{ product_visibility_changes('shopify', 'product_gid') }}
