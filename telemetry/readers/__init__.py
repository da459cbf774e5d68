"""SQL for people: views of the store, and logins to Postgres that may only read them."""
