"""The addresses: REST, the WebSocket of a session, and the health of tools."""
