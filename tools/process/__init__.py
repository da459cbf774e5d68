"""What a process has besides calls: event loops, threads, and the model that makes vectors of texts."""
