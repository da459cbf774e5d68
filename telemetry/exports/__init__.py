"""Spans as files, CSV, Parquet or OTLP JSON, made in the background."""
