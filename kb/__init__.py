"""Agorà 21: what a record is, who may do what, and the use cases."""

__version__ = "0.1.0"
