"""Parsing the XML inside office files without following its entities."""

from __future__ import annotations

from typing import Any

from lxml import etree

from kb.errors import Unreadable


def parse(data: bytes) -> Any:
    """Root element of a document that defines no entities.

    Raises:
        Unreadable: the markup is damaged, or defines entities, which office programs never do.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("The file's markup is damaged. Open it in an office program and save it again.") from error
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise Unreadable("The file's markup defines entities, which no office program does. Save it again from one.")
    return root
