"""What is told of calls: to hooks, to who follows a session, and to Prometheus."""
