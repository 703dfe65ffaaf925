{{ customer_segments('klaviyo', 'Klaviyo', 'profile', to_the_unsubscribed=false) }}
