"""What model calls cost: a dated price table, and the rule that prices a span by it."""
