"""Records spans, ours and those of other applications, counts them, and tells people when calls go wrong."""
