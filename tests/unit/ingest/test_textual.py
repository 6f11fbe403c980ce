"""Plain text, Markdown and HTML: encodings, structure, and what does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.extractors import html, markdown, text
from kb.errors import NoText, Unsupported

PARAGRAPH = (
    "Il Comune ha piantato quattrocento alberi lungo le strade del centro, per dare ombra a chi cammina e per tenere "
    "più fresche le case nei mesi estivi. I cittadini hanno scelto le specie e curano le aiuole."
)


def write(tmp_path: Path, data: str | bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "latin-1"])
def test_western_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    (block,) = text.extract(write(tmp_path, f"{PARAGRAPH} È così già oggi.".encode(encoding)), "x").blocks
    assert block.text == f"{PARAGRAPH} È così già oggi."


POLISH = "Miasto wprowadziło program wymiany starych pieców i dofinansowało ocieplenie domów, żeby zmniejszyć smog."
CZECH = "Město nabízí příspěvek na výměnu kotlů a zateplení domů, aby se snížilo znečištění ovzduší v zimě."
HUNGARIAN = "A város új fákat ültetett az utcák mentén, és felújította a belváros zöldterületeit, hogy hűvösebb legyen."
BULGARIAN = "Общината засади нови дървета край улиците и обнови парковете в центъра на града."
GREEK = "Ο δήμος φύτεψε νέα δέντρα στους δρόμους και ανακαίνισε τα πάρκα στο κέντρο της πόλης."
LITHUANIAN = "Savivaldybė pasodino naujų medžių prie gatvių ir atnaujino miesto parkus, kad vasarą būtų vėsiau."
GERMAN = "Die Stadt fördert die Dämmung älterer Häuser und pflanzt Bäume, damit die Straßen im Sommer kühler bleiben."


@pytest.mark.parametrize(
    ("sentence", "encoding"),
    [
        *((POLISH, page) for page in ("cp1250", "iso8859_2", "cp852", "mac_latin2", "utf-16-be", "utf-32-le")),
        *((CZECH, page) for page in ("cp1250", "iso8859_2", "cp852")),
        *((HUNGARIAN, page) for page in ("cp1250", "iso8859_2", "cp852")),
        *((BULGARIAN, page) for page in ("cp1251", "iso8859_5", "koi8_r", "cp866", "utf-16-le")),
        *((GREEK, page) for page in ("cp1253", "iso8859_7", "utf-16-be")),
        *((LITHUANIAN, page) for page in ("cp1257", "iso8859_13")),
        *((GERMAN, page) for page in ("cp1252", "iso8859_15", "mac_roman", "cp850")),
    ],
)
def test_other_european_encodings_are_read(tmp_path: Path, sentence: str, encoding: str) -> None:
    assert text.extract(write(tmp_path, sentence.encode(encoding)), "x").blocks[0].text == sentence


def test_a_broken_byte_does_not_make_utf8_something_else(tmp_path: Path) -> None:
    data = (PARAGRAPH * 40).encode()
    found = text.extract(write(tmp_path, data[:500] + b"\xff" + data[500:]), "x").blocks[0].text
    assert "più fresche" in found


def test_wrapped_lines_are_joined_and_items_kept_apart(tmp_path: Path) -> None:
    blocks = text.extract(
        write(tmp_path, "Una frase che con-\ntinua qui\n\n- primo\n- secondo\n\n-----\n\n1. terzo"), "x"
    ).blocks
    assert [(block.kind, block.text) for block in blocks] == [
        ("paragraph", "Una frase che continua qui"),
        ("list-item", "primo"),
        ("list-item", "secondo"),
        ("list-item", "1. terzo"),
    ]


def test_binary_data_is_not_taken_for_text(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="binary"):
        text.extract(write(tmp_path, bytes(range(256)) * 20), "x")


def test_only_rules_and_spaces_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoText):
        text.extract(write(tmp_path, "-----\n\n=====\n"), "x")


def test_markdown_structure_and_front_matter(tmp_path: Path) -> None:
    source = (
        "---\ntitle: 'Bici in città'\nauthors:\n  - Anna Bianchi\ndate: 2021-05-17T10:00\n---\n"
        "# Bici\n\nTesto con **forte**, [link](https://a.eu) e CO<sub>2</sub>\nsu due righe.\n\n{{< grafico >}}\n\n"
        "- uno\n- due\n\n| Azione | Anno |\n|---|---|\n| Alberi | 2021 |\n\n<div>incluso</div>\n\n<!-- nascosto -->\n"
    )
    extraction = markdown.extract(write(tmp_path, source), "x.md")
    assert [(block.kind, block.level, block.text) for block in extraction.blocks] == [
        ("heading", 1, "Bici"),
        ("paragraph", 0, "Testo con forte, link e CO2 su due righe."),
        ("list-item", 0, "uno"),
        ("list-item", 0, "due"),
        ("table-row", 0, "Azione | Anno"),
        ("table-row", 0, "Azione: Alberi | Anno: 2021"),
        ("paragraph", 0, "incluso"),
    ]
    assert extraction.proposal.title == "Bici in città"
    assert extraction.proposal.authors == ("Anna Bianchi",)
    assert extraction.proposal.created == "2021-05-17"


def page(body: str) -> str:
    return (
        "<!DOCTYPE html><html><head><meta charset='{charset}'><title>Alberi in città</title></head><body>"
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/c'>Contatti</a></li></ul></nav>"
        "<div id='cookie-banner' class='cookie'>Questo sito usa i cookie. <button>Accetta</button></div>"
        f"<main><article><h1>Alberi in città</h1>{body}</article></main>"
        "<footer>© Comune di Esempio — Privacy</footer></body></html>"
    )


def test_html_main_content_without_menus_and_cookie_notices(tmp_path: Path) -> None:
    body = f"<p>{PARAGRAPH}</p><h2>Risultati</h2><p>{PARAGRAPH}</p><ul><li>ombra per tutti</li><li>meno caldo</li></ul>"
    extraction = html.extract(write(tmp_path, page(body)), "x")
    found = [block.text for block in extraction.blocks]
    assert found.count(PARAGRAPH) == 2
    assert ("heading", 2, "Risultati") in [(b.kind, b.level, b.text) for b in extraction.blocks]
    assert ("list-item", "ombra per tutti") in [(b.kind, b.text) for b in extraction.blocks]
    assert not any(word in " ".join(found) for word in ("cookie", "Contatti", "Privacy"))
    assert extraction.proposal.title == "Alberi in città"


def test_html_declared_encoding_is_followed(tmp_path: Path) -> None:
    markup = page(f"<p>{PARAGRAPH}</p>").replace("{charset}", "iso-8859-2").replace("fresche", "świeże žluť")
    extraction = html.extract(write(tmp_path, markup.encode("iso-8859-2", "ignore")), "x")
    assert "świeże žluť" in " ".join(block.text for block in extraction.blocks)


def test_html_without_an_article_is_read_whole(tmp_path: Path) -> None:
    assert html.extract(write(tmp_path, "<div><b>Orari</b></div><script>no()</script>"), "x").blocks[0].text == "Orari"


def test_html_made_by_scripts_holds_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoText, match="PDF"):
        html.extract(write(tmp_path, "<html><body><div id=app></div><script>run()</script></body></html>"), "x")
