"""What has been intended and done, durable before and after each effect."""
