"""Reading grade: how many years of school a text asks for.

English by Flesch and Kincaid (1975); Spanish by Szigriszt's perspicuity on the INFLESZ scale (Barrio, 2008), mapped to grades.
"""

import re
from itertools import pairwise

from sentinel.notify.language import NoLanguage, base
from sentinel.notify.material import sentences

FEWEST_WORDS = 20
"""Below this the formulas mean nothing."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_VOWELS_EN = re.compile(r"[aeiouy]+")
_ES_STRONG, _ES_WEAK = frozenset("aeoáéóíú"), frozenset("iuü")
_INFLESZ = ((80.0, 4.0), (65.0, 6.0), (55.0, 8.0), (40.0, 11.0))
"""(perspicuity above, grade): very easy, fairly easy, normal, somewhat hard; below that, hard."""


def grade(text: str, language: str) -> float | None:
    """The grade of a filled text, None where it is too short to tell. Raises NoLanguage."""
    words = _WORD.findall(text.casefold().replace("’", "'"))
    if len(words) < FEWEST_WORDS:
        return None
    per_sentence = len(words) / max(1, len([piece for piece in sentences(text) if _WORD.search(piece)]))
    if base(language) == "en":
        return 0.39 * per_sentence + 11.8 * sum(map(syllables_en, words)) / len(words) - 15.59
    if base(language) == "es":
        ease = 206.835 - 62.3 * sum(map(syllables_es, words)) / len(words) - per_sentence
        return next((years for least, years in _INFLESZ if ease >= least), 13.0)
    raise NoLanguage(f"no reading grade for language {language!r}")


def syllables_en(word: str) -> int:
    """Groups of vowels, without a silent last e; at least 1."""
    count = len(_VOWELS_EN.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and count > 1:
        count -= 1
    if word.endswith("ed") and count > 1 and word[-3:-2] not in ("t", "d"):
        count -= 1
    return max(1, count)


def syllables_es(word: str) -> int:
    """Vowels, less one for each diphthong (a weak vowel beside another one); at least 1."""
    letters = word.replace("que", "ke").replace("qui", "ki").replace("gue", "ge").replace("gui", "gi")
    vowels = [letter for letter in letters if letter in _ES_STRONG or letter in _ES_WEAK]
    joined = sum(1 for one, two in pairwise(letters) if _one_syllable(one, two))
    return max(1, len(vowels) - joined)


def _one_syllable(one: str, two: str) -> bool:
    both = one in _ES_STRONG | _ES_WEAK and two in _ES_STRONG | _ES_WEAK
    return both and (one in _ES_WEAK or two in _ES_WEAK) and not {one, two} & set("íú")
