"""Customers, deals, profiles and the competition."""
