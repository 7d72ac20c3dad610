{# Se acabó. De cuándo a cuándo, qué fue de lo que quedó a medias, si hay que repetir, y cómo decir que sigue igual. #}
== subject ==
{{ titles }}: {% if corrects %}arreglado{% else %}de vuelta a la normalidad{% endif %} desde {to}

== short ==
{{ brand }}, {{ titles }}: {% if corrects %}arreglado{% else %}de vuelta a la normalidad{% endif %} desde {to}. Sentimos la espera. {% if not several %}{{ afterwards }}{% endif %} ¿Sigue igual? Díganos {reference}

== text ==
Hola, {name}:

{{ titles }}: {% if corrects %}arreglado. Duró desde {from} hasta {to}, y lo sentimos.{% else %}de vuelta a la normalidad. El problema duró desde {from} hasta {to}, y lo sentimos.{% endif %}

{% if afterwards %}
{{ afterwards }}
{% else %}
Puede seguir como siempre.
{% endif %}

{% if cause %}
Qué pasó: {{ cause }}
{% endif %}

{% if desk %}
¿Para usted sigue igual? Díganoslo aquí: {{ desk }}. Basta con decir {reference} y una persona lo mirará.
{% else %}
¿Para usted sigue igual? Díganoslo con la referencia {reference} y una persona lo mirará.
{% endif %}

{{ brand }}

== page ==
{{ titles }}: {% if corrects %}arreglado. Duró desde {from} hasta {to}, y lo sentimos.{% else %}de vuelta a la normalidad. El problema duró desde {from} hasta {to}, y lo sentimos.{% endif %}

{% if afterwards %}
{{ afterwards }}
{% else %}
Puede seguir como siempre.
{% endif %}

{% if cause %}
Qué pasó: {{ cause }}
{% endif %}

¿Para usted sigue igual? Díganoslo con la referencia {reference}.

== voice ==
{{ titles }}: {% if corrects %}arreglado{% else %}de vuelta a la normalidad{% endif %} desde {to}. Gracias por esperar. Si algo sigue igual, paso nota ahora mismo.
