"""What an error of a span says: its type, its line, and the layer that failed. Pure."""
