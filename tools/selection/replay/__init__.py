"""What another policy would have come to, estimated from decisions that were logged. Pure."""
