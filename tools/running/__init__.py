"""Running calls: the one executor of a process, what it is put together from, and many calls side by side."""
