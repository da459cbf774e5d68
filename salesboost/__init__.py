"""SalesBoost: runs the tool calls of LLM applications, records each, and shows and tells how they went."""
