"""The parts of ``competitor_analysis``: which vendor is meant, and how vendors compare."""
