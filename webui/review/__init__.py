"""The pages of reviewers: the queue, one record beside its document, merging two, and the log."""

from webui.review import case, log, merge, queue
from webui.review.area import ENTRIES, blueprint

__all__ = ["ENTRIES", "blueprint", "case", "log", "merge", "queue"]
