"""`python -m salesboost.starting`: what `manage.py up` becomes once it has read the settings.

It runs for as long as SalesBoost does, so it loads neither Django's apps nor a driver of a database.
"""
