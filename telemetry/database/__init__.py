"""What the tables rest on: a partition a day, a replica to read from, columns that are sealed."""
