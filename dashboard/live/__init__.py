"""How an open page stays live: told of what was stored, drawn once for all, sent over its socket."""
