"""What templates say of a text in a language of its own."""

from __future__ import annotations

import pytest

from webui import labels


@pytest.mark.parametrize(
    ("code", "attributes"),
    [
        ("de", ' lang="de"'),
        ("ar", ' lang="ar" dir="rtl"'),
        ("und", ' lang=""'),
        ("zz", ' lang="zz"'),
        ('"><script>', ' lang="&#34;&gt;&lt;script&gt;"'),
    ],
)
def test_an_element_says_its_language_and_where_that_runs_from(code: str, attributes: str) -> None:
    assert str(labels.foreign(code)) == attributes
