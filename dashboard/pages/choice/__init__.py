"""Choice: who was chosen, why, what it came to, and what another policy would have come to."""
