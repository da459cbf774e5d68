"""Log-ins: how often a password may be guessed, what checking one may cost, what those are told who must wait."""
