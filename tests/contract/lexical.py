"""What every index by words must do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.changes import live
from tests.contract.follower import FollowerContract

WORDS = "raccolta Sammlung collecte"

SYNTAX = ["", "   ", "?!", "zzzz", "text:raccolta", "a AND", '"', '""', "raccolta^", "(raccolta", "*", "-raccolta"]
SYNTAX += ["a:b:c", "\\", "NOT", "[a TO b]", "/raccolta/", "raccolta~2"]


class LexicalIndexContract(FollowerContract):
    """Subclass and provide the fixtures `index` and `load`."""

    def ask(self, index: Any, limit: int = 1000, allowed: Any = None) -> list[int]:
        ids, scores = index.search(WORDS, limit, allowed)
        assert list(scores) == sorted(scores, reverse=True)
        assert (scores > 0).all()
        return [int(id_) for id_ in ids]

    def found(self, index: Any, text: str) -> list[int]:
        return [int(id_) for id_ in index.search(text, 100)[0]]

    def test_words_are_found_in_their_other_forms(self, index: Any) -> None:
        index.apply([live(1, 1, language="it", text="I rifiuti organici"), live(2, 2, language="it", text="Il bosco")])
        assert self.found(index, "rifiuto organico") == [1]

    @pytest.mark.parametrize(
        ("text", "language", "query"),
        [
            ("La qualità dell'aria", "it", "qualita"),
            ("QUALITA DELL'ARIA", "it", "qualità"),
            ("Gospodarka odpadów", "pl", "odpadow"),
            ("GOSPODARKA ODPADOW", "pl", "odpadów"),
            ("La proximité", "fr", "proximite"),
            ("Die Müllabfuhr in Łódź", "pl", "lodz"),
            ("Strasse der Sonne", "de", "Straße"),
        ],
    )
    def test_accents_may_be_missing_on_either_side(self, index: Any, text: str, language: str, query: str) -> None:
        index.apply([live(1, 1, language=language, text=text), live(2, 2, language=language, text="altro")])
        assert self.found(index, query) == [1]

    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("gemäß UNI EN ISO 14001", "ISO 14001"),
            ("gemäß ISO14001 zertifiziert", "iso 14001"),
            ("Feinstaub PM10", "pm 10"),
            ("Feinstaub PM 10", "PM10"),
            ("weniger CO₂", "co2"),
            ("Richtlinie 2008/98/EG", "2008/98/CE"),
        ],
    )
    def test_codes_are_found_in_any_language(self, index: Any, text: str, query: str) -> None:
        rows = [live(1, 1, language="de", text=text), live(2, 2, language="it", text="La certificazione")]
        index.apply(rows)
        assert self.found(index, query) == [1]

    def test_names_are_found_in_any_language(self, index: Any) -> None:
        index.apply(
            [live(1, 1, language="de", text="Das Dorf Wildpoldsried"), live(2, 2, language="it", text="Il paese")]
        )
        assert self.found(index, "cosa ha fatto wildpoldsried") == [1]

    def test_compounds_are_found_by_what_they_hold_after_the_word_itself(self, index: Any) -> None:
        rows = [
            live(1, 1, language="de", text="Die Regenwassernutzungsanlage der Schule"),
            live(2, 2, language="de", text="Das Regenwasser der Schule"),
            live(3, 3, language="de", text="Die Straßenbahn der Schule"),
        ]
        index.apply(rows)
        assert self.found(index, "Regenwasser") == [2, 1]
        assert self.found(index, "Nutzung") == [1]
        assert self.found(index, "Regenwasserspeicher") == [2, 1]

    def test_titles_and_headings_are_searched(self, index: Any) -> None:
        rows = [
            live(1, 1, language="it", text="testo", title="Mobilità dolce"),
            live(2, 2, language="it", text="testo", heading="Mobilità dolce"),
        ]
        index.apply(rows)
        assert sorted(self.found(index, "mobilità")) == [1, 2]

    @pytest.mark.parametrize(
        "query",
        SYNTAX,
    )
    def test_nothing_a_user_types_is_syntax(self, index: Any, query: str) -> None:
        index.apply([live(1, 1, language="it", text="La raccolta")])
        assert self.found(index, query) in ([], [1])

    def test_a_phrase_in_quotation_marks_comes_first(self, index: Any) -> None:
        rows = [
            live(1, 1, language="it", text="acqua e casa, acqua e casa, dell'orto"),
            live(2, 2, language="it", text="la casa dell'acqua del paese, con molte altre parole intorno"),
            live(3, 3, language="it", text="il bosco"),
        ]
        index.apply(rows)
        assert self.found(index, "casa dell'acqua")[0] == 1
        assert self.found(index, "«casa dell'acqua»")[0] == 2

    def test_of_a_pasted_page_the_rare_words_count(self, index: Any) -> None:
        common = " ".join(
            f"parola{letter}{other}" for letter in "abcdefghijklmnopqrst" for other in "abcdefghijklmnopqrst"
        )
        rows = [live(number, number, language="it", text=common) for number in range(1, 6)]
        index.apply([*rows, live(9, 9, language="it", text="Wildpoldsried")])
        assert 9 in self.found(index, f"{common} wildpoldsried")
