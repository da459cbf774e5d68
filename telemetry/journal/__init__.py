"""The files in which finished spans wait on the disk until they are stored."""
