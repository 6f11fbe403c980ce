"""Values of a vector as whole numbers that fit a byte."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.protocols import Vectors

LARGEST = 127
"""The whole numbers go from −127 to 127."""


def rounded(vectors: Vectors, steps: NDArray[Any] | np.floating[Any]) -> Vectors:
    """How many steps each value is, to the nearest whole number; what is further than the largest one is cut.

    `vectors` has shape (n, dimension), `steps` one for all or one a row, (n, 1); none of them is zero.
    """
    return np.clip(np.rint(vectors / steps), -LARGEST, LARGEST).astype(np.float32)
