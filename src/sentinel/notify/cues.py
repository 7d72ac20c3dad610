"""Cues: the words by which a claim is known, in each language. Tables only.

A sentence that carries one of them, and is not a known sentence that the facts bear, is a claim that nobody stands behind.
The tables err on the side of asking: a false hit costs a person one rewording, a miss tells customers something untrue.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sentinel.notify.language import NoLanguage, base


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)")


def _ends(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cues:
    """All patterns are for text that is case-folded, with single spaces and straight quotes.

    `feel`: what customers feel; `calm`: a reassurance; `cause`: why it happened; `expect`: a time of return; `cannot_say`: that
    we have none; `word`: that they will hear from us; `began`, `from_`, `to`, `was`: what stands before the slots of
    these times; `apology`; `mistake`: that we were wrong; `told`: that we own what we said; `still`: still broken for you;
    `forbidden`, `blame`, `lure` (log in, pay, give away a secret), `jargon` (words of the trade).
    """

    feel: re.Pattern[str]
    calm: re.Pattern[str]
    cause: re.Pattern[str]
    expect: re.Pattern[str]
    cannot_say: re.Pattern[str]
    word: re.Pattern[str]
    began: re.Pattern[str]
    from_: re.Pattern[str]
    to: re.Pattern[str]
    was: re.Pattern[str]
    apology: re.Pattern[str]
    mistake: re.Pattern[str]
    told: re.Pattern[str]
    still: re.Pattern[str]
    forbidden: re.Pattern[str]
    blame: re.Pattern[str]
    lure: re.Pattern[str]
    jargon: re.Pattern[str]
    negations: frozenset[str]


_EN = Cues(
    feel=_words(
        r"(?:you|customers|nobody|people) (?:still )?(?:cannot|can ?not|can't|could not|couldn't)", r"unable",
        r"(?:un|not )available", r"(?:not|isn't|aren't|stopped|doesn't|don't) (?:work|working|respond\w*|load\w*|open\w*)",
        r"down", r"offline", r"broken?", r"slow\w*", r"fail\w*", r"errors?", r"out of (?:service|order)", r"outage", r"lost",
        r"missing", r"wrong amount", r"stolen", r"leaked", r"breach\w*", r"delete\w*",
    ),
    calm=_words(
        r"(?:not|un|isn't|aren't) ?affect\w*", r"unaffected", r"(?:is|are|remains?|stays?|completely|perfectly) safe",
        r"secure", r"on time", r"no (?:extra )?(?:charges?|fees?|costs?|penalt\w+)",
        r"(?:not|never) be (?:charged|cancel\w+|fined)", r"guarantee\w*", r"cover(?:ed|age)?", r"protected",
        r"(?:do not|don't|no need to|need not) (?:worry|be worried|be concerned)", r"still (?:count|hold|appl)\w*",
        r"free of charge", r"refund\w*", r"compensat\w*", r"waived?", r"grace", r"no data", r"everything else works",
    ),
    cause=_words(
        r"because(?: of)?", r"caus\w+", r"due to", r"owing to", r"as a result of", r"thanks to", r"faults?", r"attack\w*",
        r"hack\w*", r"cyber\w*", r"failure of", r"the reasons? (?:is|was|for)",
        r"after an? \w+ (?:failure|update|change|fire|flood)", r"power cut", r"broke down", r"crash\w*",
    ),
    expect=_words(
        r"expect\w*", r"estimat\w+", r"forecast\w*", r"anticipat\w+", r"hop(?:e|ing) (?:to|that|it)",
        r"should (?:be|work|have)", r"(?:aim|plan|intend)(?:ing)? (?:to|for)",
        r"(?:back|ready|working|fixed|solved|resolved|restored)(?: again)?(?: up)? (?:by|within|in|before|at)",
        r"will (?:soon )?(?:be|work|return|have)", r"we promise",
    ),
    cannot_say=_words(r"(?:cannot|can't|can not)(?: yet)? (?:say|name|give|tell)", r"(?:do not|don't)(?: yet)? know"),
    word=_words(
        r"e-?mail(?: you)?", r"writ(?:e|ing)", r"text you", r"messages?", r"tell you", r"let you know", r"words?", r"news",
        r"hear from us", r"updates?", r"post(?:ed)?", r"call you",
    ),
    began=_words(r"since", r"beg[au]n", r"start(?:ed|ing)?"),
    from_=_ends("from", "between", "since", "at", "began at"),
    to=_ends("to", "until", "till", "since", "at", "and", "ended at"),
    was=_words(r"told", r"said", r"promised", r"miss", r"gave", r"named"),
    apology=_words(r"sorry", r"apolog\w+", r"regret\w*", r"forgive", r"excuse us"),
    mistake=_words(r"our (?:own )?(?:mistake|error)", r"we were wrong", r"(?:was|were) wrong", r"we got (?:it|this) wrong"),
    told=_words(r"we (?:told|said|wrote|promised|gave|will miss)"),
    still=_words(r"still", r"not right"),
    forbidden=_words(
        r"will be back", r"will be (?:fixed|resolved|restored|available|working|solved)", r"soon", r"shortly",
        r"some (?:users|customers|people)", r"technical (?:difficult\w+|issues?|problems?|reasons?)", r"asap", r"momentarily",
        r"in no time", r"a glitch", r"any inconvenience", r"rest assured", r"valued customers?",
    ),
    blame=_words(
        r"(?:their|whose|supplier's|provider's|bank's|somebody's|someone's) (?:fault|mistake|error)",
        r"(?:third[- ]party|third parties)", r"our (?:supplier|provider|vendor|partner|hosting company)s?", r"human error",
        r"an? (?:employee|engineer|colleague)'?s? (?:made|mistake|error)", r"let us down", r"blame\w*", r"culprits?",
    ),
    lure=_words(
        r"click\w*", r"(?:follow|use|open) (?:the|this) link", r"log ?in (?:here|now|to confirm|using|at|with)",
        r"sign in (?:here|now|using|at)", r"pay (?:here|now|at|through this|with this)",
        r"(?:enter|send|give|tell|confirm|reply with|verify) (?:us )?your (?:card|password|pin|bank|account|code)\w*",
        r"(?:card|account) number to",
    ),
    jargon=_words(
        r"servers?", r"databases?", r"apis?", r"back-?end", r"front-?end", r"time-?outs?", r"dns", r"tls", r"latency",
        r"endpoints?", r"deploy\w*", r"clusters?", r"roll-?back", r"incidents?", r"outages?", r"degrad\w+",
        r"service disruption", r"root cause", r"downtime", r"uptime", r"etas?", r"portal", r"functionality", r"gateway",
        r"null", r"exception",
    ),
    negations=frozenset({
        "not", "no", "never", "cannot", "can't", "don't", "nothing", "none", "isn't", "aren't", "without", "nobody",
    }),
)  # fmt: skip

_ES = Cues(
    feel=_words(
        r"(?:no|ni) (?:se )?(?:puede|pueden|podrá|pudo|podía)n? (?!decir)\w+",
        r"no (?:le )?(?:funciona|carga|abre|responde|va)n?", r"no (?:está|están) disponibles?", r"caíd[oa]s?", r"lent[oa]s?",
        r"lentitud", r"fall(?:a|an|o|os|ado|ando)", r"error(?:es)?", r"fuera de servicio", r"interrumpid[oa]s?",
        r"interrupci[óo]n", r"perdid[oa]s?", r"faltan?", r"robad[oa]s?", r"filtrad[oa]s?", r"borrad[oa]s?", r"imposible",
        r"rot[oa]s?",
    ),
    calm=_words(
        r"no (?:se )?(?:ve|ven|está|están|queda|quedan) afectad[oa]s?", r"no afecta\w*", r"a salvo",
        r"(?:está|están|sigue|siguen) segur[oa]s?", r"a tiempo", r"(?:en|dentro del) plazo",
        r"sin (?:recargos?|costes?|coste alguno|penalizaci[óo]n)", r"no (?:se )?(?:le )?(?:cobrar|cancelar|penalizar)\w*",
        r"garantiz\w+", r"cubiert[oa]s?", r"coberturas?", r"protegid[oa]s?", r"no se preocupe", r"tranquil[oa]s?",
        r"sigue(?:n)? (?:contando|vigente|en vigor)\w*", r"gratis", r"gratuit[oa]s?", r"reembols\w+", r"compensa\w+",
        r"devolver\w*", r"todo lo demás",
    ),
    cause=_words(
        r"porque", r"debido a(?:l)?", r"a causa de(?:l)?", r"causa\w*", r"a ra[ií]z de(?:l)?", r"por culpa de(?:l)?",
        r"por una? \w+", r"motivos?", r"aver[ií]as?", r"ataques?", r"ciber\w*", r"gracias a(?:l)?", r"se deben?",
        r"se deb[ií]an?", r"debió", r"tras una? \w+", r"provocad[oa]s?",
    ),
    expect=_words(
        r"prev(?:emos|é|ista|isto|ee)", r"previsi[óo]n", r"(?:esperamos|se espera)", r"calculamos", r"estim\w+", r"confiamos",
        r"deber[ií]an?", r"volver[áa]n?", r"quedar[áa]n?", r"funcionar[áa]n?",
        r"estar[áa]n? (?:list|resuelt|disponible|de vuelta|solucionad)\w*", r"pensamos", r"se resolver[áa]",
        r"solucionaremos", r"resolveremos", r"prometemos",
    ),
    cannot_say=_words(r"no (?:le )?podemos (?:\w+ )?(?:decir|dar|concretar)(?:le)?", r"no sabemos"),
    word=_words(
        r"(?:le )?(?:escrib|avis|inform|comunic|enviar|llamar)\w*", r"(?:contar|dir)emos", r"mensajes?", r"correos?", r"sms",
        r"noticias?", r"novedades", r"publicar\w*",
    ),
    began=_words(r"desde", r"empez\w+", r"comenz\w+", r"inici\w+"),
    from_=_ends("desde", "entre", "de", "empezó"),
    to=_ends("hasta", "desde", "y", "a", "terminó"),
    was=_words(r"dij\w+", r"hab[ií]amos dicho", r"promet\w+", r"llegamos", r"dimos", r"anunciamos"),
    apology=_words(r"(?:lo )?sentimos", r"lamentamos", r"(?:pedimos |rogamos )?(?:disculp\w+|perd[óo]n)", r"siento"),
    mistake=_words(
        r"(?:un )?(?:error|fallo) (?:nuestro|de nuestra parte)", r"nos (?:equivocamos|hemos equivocado)",
        r"nuestro (?:error|fallo)",
    ),
    told=_words(
        r"(?:le )?(?:dijimos|hab[ií]amos dicho)", r"le (?:escribimos|prometimos|dimos)", r"no llegamos", r"no vamos a llegar"
    ),
    still=_words(r"sigue", r"todav[ií]a", r"aún"),
    forbidden=_words(
        r"(?:muy )?pronto", r"en breve", r"a la mayor brevedad", r"algunos (?:usuarios|clientes)",
        r"(?:dificultades|problemas|incidencias|motivos|razones) t[ée]cnic[oa]s", r"incidencia t[ée]cnica",
        r"problema t[ée]cnico", r"estar[áa]n? de vuelta", r"volver[áa]n? a (?:funcionar|estar)", r"lo antes posible",
        r"cuanto antes", r"en unos (?:momentos|instantes|minutos)", r"enseguida", r"las molestias", r"estimados clientes",
    ),
    blame=_words(
        r"culpas?", r"(?:nuestro|el|un|del) (?:proveedor|suministrador|socio)", r"(?:un )?terceros?", r"error humano",
        r"un emplead[oa]", r"culpables?", r"responsable del fallo", r"nos ha fallado",
    ),
    lure=_words(
        r"(?:pulse|haga clic|clique|pinche) "
        r"(?:aqu[ií]|abajo|(?:en |sobre )?(?:el|este) enlace)", r"(?:siga|use|abra) (?:el|este) enlace",
        r"inicie sesi[óo]n (?:aqu[ií]|ahora|en|con|para)", r"acceda (?:aqu[ií]|ahora)", r"pague (?:aqu[ií]|ahora|en este)",
        r"(?:env[ií]e|d[ée]|introduzca|confirme|verifique|indique)(?:nos)? su "
        r"(?:tarjeta|contraseña|pin|clave|cuenta|n[úu]mero de tarjeta|iban)",
    ),
    jargon=_words(
        r"servidor(?:es)?", r"bases? de datos", r"apis?", r"back-?end", r"time-?outs?", r"dns", r"tls", r"latencia",
        r"despliegues?", r"cl[úu]ster\w*", r"incidencias?", r"incidentes?", r"degrada\w+", r"causa ra[ií]z",
        r"funcionalidad(?:es)?", r"pasarela", r"plataforma", r"eta",
    ),
    negations=frozenset({"no", "ni", "nunca", "nada", "sin", "tampoco", "ningún", "ninguna", "nadie"}),
)  # fmt: skip

CUES: Mapping[str, Cues] = {"en": _EN, "es": _ES}


def cues(language: str) -> Cues:
    """The cues of `language` (a BCP 47 tag). Raises NoLanguage."""
    found = CUES.get(base(language))
    if found is None:
        raise NoLanguage(f"no table of cues for language {language!r}; there is {', '.join(sorted(CUES))}")
    return found
