"""What a span is: as it finished, in whichever vocabulary it was written, and as the row that is stored. Pure."""
