"""What people and programs type that no search should trip over, as tables shared by the tests of every door."""

from __future__ import annotations

SILENT = {
    "empty": "",
    "space": " \t\r\n\u00a0\u3000",
    "punctuation": "?!…;,.–—«»“”",
    "controls": "\x00\x01\x02\x07\x1b\x7f\x85",
    "marks of direction": "\u200e\u200f\u202a\u202e\u2066\u2069",
    "zero width": "\u200b\u200c\u200d\ufeff",
    "emoji": "🚲👩‍👩‍👧🇮🇹",
    "lone surrogates": "\ud800\udfff",
    "combining marks": "\u0301\u0308",
    "operators": "+ - \" ' ( ) [ ] { } : ^ ~ * ? \\ / < > & | ! = % ; -- /* */",
    "brackets": "([{<" * 500,
    "quotes": '"' * 2_001,
    "noncharacters": "\ufffe\uffff\U0010ffff",
}
"""Text without a single letter or digit: a search of it alone is refused, beside words it changes nothing."""

WORDED = {
    "boolean": "AND OR NOT",
    "field": "title:bin text:household passage:1",
    "boost and fuzz": "bin^3 household~2",
    "wildcards": "b* ho?sehold %bin% _in",
    "range": "[a TO z] {a TO z} passage:[0 TO 9]",
    "required": "+bin -household",
    "unbalanced": '"brown bin',
    "set": "text: IN [brown bin]",
    "regular expression": "/(a+)+$/ (.*)*b ((x|xx)+)+y",
    "regular bomb": "a" * 500 + "!" + "(" * 50 + "a" + ")*" * 50,
    "SQL": "'; DROP TABLE record; --",
    "SQL like": "' OR 1=1 ESCAPE '\\'",
    "FTS": 'NEAR(brown bin, 5) record MATCH "bin"',
    "template": "{{ 7*7 }} {% raw %} ${jndi:ldap://x} %s %n",
    "markup": "<script>alert(1)</script><mark>bin</mark>",
    "path": "../../../../etc/passwd",
    "NUL within": "bro\x00wn",
    "surrogate within": "b\ud800in",
    "right to left": "\u202ehcraes\u202c שלום مرحبا",
    "long word": "x" * 3_000,
    "long compound": "Donaudampfschifffahrtsgesellschaft" * 40,
    "digits": "9" * 1_000,
    "full width": "ｂｒｏｗｎ　ｂｉｎ",
    "many marks": "b" + "\u0301" * 1_000 + "in",
    "ligatures": "\ufdfa" * 200,
}
"""Text with letters that some language of queries, patterns or pages would take for its own."""

WORDS_10_000 = " ".join(f"parola{number}" for number in range(10_000))
CHARACTERS_100_000 = "brown bin " * 10_000
