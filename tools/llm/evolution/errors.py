"""What cannot be done with candidates."""


class EvolutionError(Exception):
    """In one sentence for people."""
