"""Conversations over the web: kept between turns, told as they happen."""
