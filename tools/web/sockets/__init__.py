"""Who may open a WebSocket, and keep it: by its page's address, its login or its key."""
