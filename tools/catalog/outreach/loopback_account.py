"""The account by which everybody knows that no message leaves the machine, and what is said then."""

LOOPBACK_ACCOUNT = "loopback"
LOOPBACK_NOTE = "No SMS gateway is configured: a loopback gateway takes messages, and none leaves this machine."
