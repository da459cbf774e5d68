"""The playground: talk to a model with tools, watch what it calls, run a call again, share what came of it."""
