"""What REST and WebSockets share: who asks, which bodies are taken, how answers, errors and streams look."""
