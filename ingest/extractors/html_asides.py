"""Lines that stand in the text of many web pages and are not of it: what to read next, whose picture, whose rights."""

from __future__ import annotations

import re

_READ_ALSO = re.compile(
    r"(?:read (?:also|more|next)|see also|related (?:articles?|stories|posts|topics)|more on this|you may also like|"
    r"lesen sie (?:auch|mehr)|mehr zum thema|auch interessant|siehe auch|weitere (?:artikel|meldungen|beiträge)|"
    r"(?:à|a) lire (?:aussi|également)|lire aussi|voir aussi|sur le même (?:sujet|thème)|articles? liés?|"
    r"leggi anche|vedi anche|potrebbe interessarti|articoli correlati|notizie correlate|"
    r"(?:lea|lee|leer|vea|ver) también|(?:le|te) puede interesar|notas? relacionadas?|noticias relacionadas|"
    r"(?:leia|veja) (?:também|mais)|saiba mais|not[íi]cias relacionadas|lees ook|zie ook|läs också|læs også|"
    r"lue myös|czytaj (?:też|także|również|więcej)|zobacz (?:też|także|również)|dowiedz się więcej|"
    r"čtěte (?:také|též)|přečtěte si|čítajte aj|citește și|vezi și|olvassa (?:el )?(?:ezt )?is|"
    r"διαβάστε (?:επίσης|ακόμα)|"
    r"прочетете (?:още|също)|pročitajte (?:još|i)|preberite (?:tudi|še)|loe ka|lasiet arī|skaitykite taip pat)\b",
    re.I,
)
_CREDIT = re.compile(
    r"(?:©|\(c\)\s*(?:19|20)\d\d|copyright\b|all rights reserved|alle rechte vorbehalten|tous droits réservés|"
    r"tutti i diritti riservati|todos los derechos reservados|todos os direitos reservados|"
    r"(?:cr[ée]dits? )?(?:photos?|fotos?|picture|image|bild|immagine|imagen) ?(?:credits?|cr[ée]dits?|by)?\s?:)",
    re.I,
)
_LONGEST = 160
"""A longer line that begins like this is a sentence of the text."""


def is_aside(text: str) -> bool:
    """Whether a block only points elsewhere, or says who owns the page or a picture."""
    return len(text) <= _LONGEST and bool(_READ_ALSO.match(text) or _CREDIT.match(text))
