"""Choice between things that do the same: tools, deployments, variants of prompts."""
