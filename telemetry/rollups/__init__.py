"""Sums of spans by time and series, made anew from the spans, and the proof that both agree."""
