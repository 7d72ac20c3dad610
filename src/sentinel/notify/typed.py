"""Typed times: a clock time, a date or a span that a person wrote by hand, which no record holds.

Times reach a text only through slots. All languages' patterns are tried on every text: a Spanish text can hold "2 pm".
"""

import re
import unicodedata

_NUMBER = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"una?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)"
)
_MONTH = (
    r"(?:january|february|march|april|june|july|august|september|october|november|december|jan|feb|apr|jun|jul|aug|sept?|oct|nov|dec|"
    r"enero|febrero|marzo|abril|mayo|may|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|diciembre)"
)
_DAY = (
    r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|"
    r"lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bados?|domingos?)"
)
_SPAN = r"(?:seconds|secs|minutes?|mins?|hours?|hrs?|days?|weeks?|segundos?|minutos?|horas?|d[ií]as?|semanas?)"
_PATTERNS = (
    r"\d{1,2}\s?[:h]\s?\d{2}(?:\s?(?:am|pm|h))?",
    r"(?<![$€£.,\d])\d{1,2}\.\d{2}(?!\s?(?:€|\$|£|eur|euros?|usd|gbp|%|\.?\d))",
    r"\d{1,2}\s?(?:am|pm|a\.\s?m|p\.\s?m|a\. m|p\. m)\.?",
    r"\d{1,2}\s?h(?:rs?|oras?)?\.?",
    rf"(?:half|quarter|\d{{1,2}}|five|ten|twenty|twenty-five)(?: minutes)? (?:past|to|after) (?:{_NUMBER}|\d{{1,2}})",
    rf"half {_NUMBER}",
    rf"(?:{_NUMBER}|\d{{1,2}}) o'? ?clock",
    r"(?:at|by|before|until|till|around|about) (?:noon|midday|midnight|lunch\w*|\d{1,2})",
    rf"(?:at|by|before|until|till|around) {_NUMBER}(?! (?:of|or|more|time|place))",
    r"noon",
    r"midday",
    r"midnight",
    r"tonight",
    r"tomorrow",
    r"this (?:morning|afternoon|evening|week)",
    r"end of (?:the )?(?:day|week|afternoon)",
    r"close of business",
    rf"(?:a|an|half an?|{_NUMBER}|\d+|a few|a couple of|several|the next few) {_SPAN}",
    rf"within the {_SPAN}",
    rf"\d+-{_SPAN}",
    rf"(?:a|hasta|sobre|desde|antes de|hacia) las? (?:{_NUMBER}|\d{{1,2}})",
    rf"las (?:{_NUMBER}|\d{{1,2}})(?: y (?:media|cuarto)| menos cuarto)?",
    r"(?:y media|y cuarto|menos cuarto|en punto)",
    r"mediod[ií]a",
    r"medianoche",
    r"esta (?:tarde|noche|mañana)",
    r"mañana",
    r"pasado mañana",
    rf"(?:media|una|unas|{_NUMBER}|\d+|unos|pocas|pocos) {_SPAN}",
    r"media hora",
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of| de)? {_MONTH}",
    rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?",
    r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}",
    r"\d{1,2}/\d{1,2}",
    r"\d{4}-\d{2}-\d{2}(?:t[\d:]+z?)?",
    rf"(?:{_DAY})",
)
_TYPED = re.compile(rf"(?<![\w{{])(?:{'|'.join(_PATTERNS)})(?![\w}}])")
_COLONS = dict.fromkeys(map(ord, "∶꞉︓：ː᛬"), ":")


def typed_times(text: str) -> tuple[str, ...]:
    """Each time, date or span written by hand in `text`, as found. Look-alike digits and colons count as what they mimic."""
    plain = " ".join(unicodedata.normalize("NFKC", text.translate(_COLONS)).casefold().replace("’", "'").split())
    return tuple(dict.fromkeys(hit.group().strip() for hit in _TYPED.finditer(plain)))


def hidden_marks(text: str) -> tuple[str, ...]:
    """Control, format (bidi overrides, zero-width), private and unassigned characters, by code point. New lines are fine."""
    bad = (mark for mark in text if mark != "\n" and unicodedata.category(mark) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
    return tuple(dict.fromkeys(f"U+{ord(mark):04X}" for mark in bad))
