"""One call of which several spans tell: each span is a witness, one is believed, and that one counts."""
