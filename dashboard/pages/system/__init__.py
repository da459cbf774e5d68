"""System: can I trust what I see?"""
