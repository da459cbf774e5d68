"""What in a text breaks the law or good practice."""
