"""Passages to ranked hits: encoder, neutral space, dense and lexical index, fusion; no SQL, no web."""
