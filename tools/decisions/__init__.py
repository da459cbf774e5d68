"""What admins decided, and what this process knows of it without asking: edits of tools and API keys."""
