"""Quotas: how many calls of somebody are left in a day or a month."""
