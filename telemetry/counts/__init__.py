"""How calls are counted: whose count, by which outcome, how long they took, in which steps of time."""
