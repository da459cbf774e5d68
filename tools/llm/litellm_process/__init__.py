"""Models of every other vendor, by litellm: in a process of its own, which is started at the first use."""
