"""What more than one page reads: calls and their counts, incidents, edits, and the tools' engine."""
