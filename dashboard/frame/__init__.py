"""What stands around every page: who may open it, the navigation and the period switch."""
