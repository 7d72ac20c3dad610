{# Ha vuelto a pasar después de decir que había terminado. Lo reconocemos. #}
== subject ==
Otra vez: {% if several_services %}problemas con {{ titles }}{% else %}{{ headline }}{% endif %}. {% if timed %}Prevemos resolverlo a más tardar {until}{% else %}Todavía no podemos decir hasta cuándo{% endif %}

== short ==
{{ brand }}: lo sentimos, ha vuelto a pasar. {% if several %}Problemas con {{ titles }}.{% else %}{{ say }}{% endif %}
{% if timed %}Prevemos resolverlo a más tardar {until}; le avisaremos por SMS.{% else %}Todavía no podemos decir hasta cuándo. Le avisaremos por SMS a más tardar {next_word}.{% endif %}
{% if not several %}{{ do_not }}{% endif %} Ref. {reference}

== text ==
Hola, {name}:

{{ say }}
{% if timed %}
Prevemos resolverlo a más tardar {until}.
{% else %}
Todavía no podemos decir hasta cuándo.
{% endif %}

Dijimos que esto había terminado. Vuelve a pasar desde {since}, y lo sentimos.

{{ assurances }} {{ do }} {{ do_not }}

{% if timed %}
Tiene nuestra palabra: le escribiremos cuando funcione y, si necesitamos más tiempo, se lo diremos por correo a más tardar {until}.
{% else %}
Tiene nuestra palabra: le escribiremos a más tardar {next_word}, aunque no haya nada nuevo que contar.
{% endif %}

{% if cause %}
Lo que sabemos hasta ahora: {{ cause }}
{% endif %}

{% if instead %}
¿Es urgente? {{ instead }}
{% endif %}

{% if desk %}
¿Tiene preguntas? Nos encuentra aquí: {{ desk }}. Basta con decir {reference}.
{% else %}
Cuando hable con nosotros, basta con decir {reference}.
{% endif %}

{{ brand }}

== page ==
{{ say }}
{% if timed %}
Prevemos resolverlo a más tardar {until}.
{% else %}
Todavía no podemos decir hasta cuándo.
{% endif %}

Aquí dijimos que esto había terminado. Vuelve a pasar desde {since}, y lo sentimos.

{{ assurances }} {{ do }} {{ do_not }}

{% if cause %}
Lo que sabemos hasta ahora: {{ cause }}
{% endif %}

{% if instead %}
¿Es urgente? {{ instead }}
{% endif %}

{% if timed %}
Habrá noticias en esta página a más tardar {until}. Referencia: {reference}
{% else %}
Habrá noticias en esta página a más tardar {next_word}. Referencia: {reference}
{% endif %}

== voice ==
Lo sentimos, ha vuelto a pasar. {% if several_services %}Hay problemas con {{ titles }}.{% else %}{{ say }}{% endif %}
{% if timed %}Prevemos resolverlo a más tardar {until}.{% else %}Todavía no podemos decir hasta cuándo. Tendrá noticias nuestras a más tardar {next_word}.{% endif %}
