"""What stores spans: a process of its own on each machine, or, where there is none, each process for itself."""
