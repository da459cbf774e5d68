"""daphne with doors: what a request may send, how long it may take, how many connections an address may hold.

``python -m salesboost.server`` takes daphne's own options.
"""
