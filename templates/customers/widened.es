{# Es peor o más amplio de lo que dijimos. Todo de nuevo, tal como está ahora. #}
== subject ==
Ahora es peor: {% if several_services %}problemas con {{ titles }}{% else %}{{ headline }}{% endif %}. {% if timed %}Prevemos resolverlo a más tardar {until}{% else %}Todavía no podemos decir hasta cuándo{% endif %}

== short ==
{{ brand }}: lo sentimos, es peor de lo que le escribimos. {% if several %}Problemas con {{ titles }}.{% else %}{{ say }}{% endif %}
{% if timed %}Prevemos resolverlo a más tardar {until}; le avisaremos por SMS.{% else %}Todavía no podemos decir hasta cuándo. Le avisaremos por SMS a más tardar {next_word}.{% endif %}
{% if not several %}{{ do_not }}{% endif %} Ref. {reference}

== text ==
Hola, {name}:

{{ say }}
{% if moved %}
Le dijimos que sería {until_was}, y eso ya no vale.
{% endif %}
{% if timed %}
Prevemos resolverlo a más tardar {until}.
{% else %}
Todavía no podemos decir hasta cuándo.
{% endif %}
Es peor de lo que le habíamos contado, y lo sentimos. Ocurre desde {since}.

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
{% if moved %}
Dijimos que sería {until_was}, y eso ya no vale.
{% endif %}
{% if timed %}
Prevemos resolverlo a más tardar {until}.
{% else %}
Todavía no podemos decir hasta cuándo.
{% endif %}
Es peor que al principio, y lo sentimos. Ocurre desde {since}.

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
Lo sentimos, ahora es peor. {% if several_services %}Hay problemas con {{ titles }}.{% else %}{{ say }}{% endif %}
{% if timed %}Prevemos resolverlo a más tardar {until}.{% else %}Todavía no podemos decir hasta cuándo. Tendrá noticias nuestras a más tardar {next_word}.{% endif %}
