"""What a process says of itself: its counters, when its work last ended well, and when it tries again."""
