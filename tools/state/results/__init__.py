"""Kept results, and what calls found of them."""
