"""Sets of ids as ascending arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kb.protocols import Ids


def are_among(ids: Ids, others: Ids) -> NDArray[np.bool_]:
    """Whether each of some ids, in any order, is among others, which are ascending."""
    if not others.size:
        return np.zeros(ids.size, dtype=np.bool_)
    return np.equal(others[np.minimum(np.searchsorted(others, ids), others.size - 1)], ids)
