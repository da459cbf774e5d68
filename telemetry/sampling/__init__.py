"""Rows of what went well are deleted after a while; every count stays exact."""
