"""Slots: how many calls of a tool run at the same time, and who waits."""
