"""Brings pages to disk whole, whatever happens on the way; knows nothing of measuring."""
