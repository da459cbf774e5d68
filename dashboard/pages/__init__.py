"""A room for each subject that has pages: its views, and where their numbers, tables and charts come from."""
