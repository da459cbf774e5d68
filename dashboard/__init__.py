"""Shows operators what the tools do and what is stored of it; every page is a room of ``dashboard/pages``."""
