"""Values that spans carry, made fit for Postgres, cut, measured, and taken out of what wraps them. Pure."""
