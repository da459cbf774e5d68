"""What a tool is: its function, its schema and its policy, and the registry of all."""
