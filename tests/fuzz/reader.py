"""A process that reads one damaged file after the other as the product's child does, and tells how each ended."""

from __future__ import annotations

import json
import logging
import re
import resource
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from ingest import child, extractors, mediatype
from ingest.chunking import digest
from ingest.sandbox import _Message
from kb.errors import KbError
from kb.values import Block, Extraction

MEMORY_MB = 2048
"""More than a child has, for this process does the parent's part too."""
LIMIT_TOKENS = 64


def main() -> int:
    """Answer each line `media type, tab, path, tab, name` with one line of JSON."""
    size = MEMORY_MB << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out, sys.stdout = sys.stdout, sys.stderr
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        media_type, path, name = line.rstrip("\n").split("\t")
        out.write(json.dumps(_outcome(media_type, Path(path), name)) + "\n")
        out.flush()
    return 0


def _outcome(media_type: str, path: Path, name: str) -> dict[str, Any]:
    """`code` of the error, None of an extraction; `trace` of what no extractor may raise; whether the type was met."""
    met = _detected(path, name) == media_type
    try:
        return {"code": _extract(lambda: extractors.extract(path, name), path), "met": met}
    except Exception:
        return {"trace": traceback.format_exc(), "met": met}


def _detected(path: Path, name: str) -> str | None:
    with suppress(KbError):
        return mediatype.detect(path, name)
    return None


def _extract(call: Any, path: Path) -> str | None:
    """The lines the child would write, valid as its parent asks, and what the parent does with them."""
    blocks: list[Block] = []
    for line in child._lines(call, path, send=True):
        message = _Message.model_validate_json(json.dumps(line, ensure_ascii=True))
        if message.error:
            return message.error.code
        if message.block:
            blocks.append(message.block)
        elif message.end:
            _divide(Extraction(media_type=message.end.media_type, blocks=tuple(blocks)))
    return None


def _divide(extraction: Extraction) -> None:
    found = digest(extraction, lambda texts: [len(re.findall(r"\w+|\S", text)) + 2 for text in texts], LIMIT_TOKENS)
    if any(found.text[one.char_from : one.char_to] != one.text for one in found.passages):
        raise AssertionError("a passage is not where it says")


if __name__ == "__main__":
    sys.exit(main())
