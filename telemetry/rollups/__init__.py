"""The SQL by which spans become sums and what rules judge, both made anew by it, and the proof that they agree."""
