"""What repeats in spans, stored once under an id, and the limits on how much of it a sender may make up."""
