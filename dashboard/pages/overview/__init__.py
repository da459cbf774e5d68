"""The overview: is anything wrong, and why."""
