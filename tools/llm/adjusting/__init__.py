"""At which rung of a prompt a deployment is asked: moved by how the last rounds went, in all processes alike."""
