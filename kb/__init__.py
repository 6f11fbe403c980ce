"""Agorà 21: what a record is, who may do what, and the use cases."""

import os

__version__ = "0.1.0"

# What numpy multiplies in a search is small: threads that wait for each other would take the cores from the encoder,
# which has its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
