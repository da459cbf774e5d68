"""Text messages to customers, at most once and within a quota."""
