{# Un mensaje nuestro estaba mal: qué es lo cierto, qué hacer y qué no, que el error fue nuestro, y cuándo volveremos a escribir. #}
== subject ==
{{ headline }}: nos equivocamos{% if more %}, y hay más{% endif %}{% if again %}, y aún no está resuelto{% endif %}

== short ==
{{ brand }}: lo sentimos, nos equivocamos{% if more %}, y hay más{% endif %}{% if again %}, aún sin resolver{% endif %}. {% if several %}Se trata de {{ titles }}.{% else %}{{ say }} {{ do_not }}{% endif %} Le avisaremos por SMS a más tardar {next_word}. Ref. {reference}

== text ==
Hola, {name}:

{{ say }}

Nos equivocamos, y lo sentimos.
{% if more %}
Es más de lo que le escribimos antes.
{% endif %}
{% if again %}
Si desde entonces ha leído que esto estaba resuelto: no lo está.
{% endif %}

{{ assurances }} {{ do }} {{ do_not }}

{% if cause %}
Lo que sabemos hasta ahora: {{ cause }}
{% endif %}

{% if instead %}
¿Quiere comprobarlo? {{ instead }}
{% endif %}

Tiene nuestra palabra: le escribiremos a más tardar {next_word} para contarle cómo lo estamos arreglando.

{% if desk %}
¿Tiene preguntas? Nos encuentra aquí: {{ desk }}. Basta con decir {reference}.
{% else %}
Cuando hable con nosotros, basta con decir {reference}.
{% endif %}

{{ brand }}

== page ==
{{ say }}

Nos equivocamos, y lo sentimos.
{% if more %}
Es más de lo que le escribimos antes.
{% endif %}
{% if again %}
Si desde entonces ha leído que esto estaba resuelto: no lo está.
{% endif %}

{{ assurances }} {{ do }} {{ do_not }}

{% if cause %}
Lo que sabemos hasta ahora: {{ cause }}
{% endif %}

{% if instead %}
¿Quiere comprobarlo? {{ instead }}
{% endif %}

Habrá noticias en esta página a más tardar {next_word}. Referencia: {reference}

== voice ==
Lo sentimos, nos equivocamos. {% if several_services %}Se trata de {{ titles }}.{% else %}{{ say }}{% endif %} Tendrá noticias nuestras a más tardar {next_word}.
