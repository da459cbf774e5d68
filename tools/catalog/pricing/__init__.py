"""Quotes: tiers, discounts, tax and what a purchase returns."""
