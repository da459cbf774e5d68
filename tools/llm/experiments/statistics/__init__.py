"""What can be told of an experiment's outcomes at any moment. Plain Python that knows nothing else of tools."""
