"""The page of deployments of models: how each stands, what its requests and the calls of its model came to."""
