{# La hora ha cambiado, o por fin hay una. Primero la hora anterior, y es nuestra. #}
== subject ==
{{ titles }}: {% if moved %}no llegamos {until_was}; {% endif %}{% if timed %}ahora lo prevemos a más tardar {until}{% else %}todavía no podemos dar otra hora{% endif %}

== short ==
{{ brand }}, {{ titles }}: {% if moved %}dijimos que sería {until_was} y no llegamos; lo sentimos.{% else %}sentimos la espera.{% endif %}
{% if timed %}Ahora prevemos resolverlo a más tardar {until}; le avisaremos por SMS.{% else %}Todavía no podemos dar otra hora. Le avisaremos por SMS a más tardar {next_word}.{% endif %}
{% if not several %}{{ do_not }}{% endif %} Ref. {reference}

== text ==
Hola, {name}:

{{ titles }}:
{% if moved %}
le dijimos que sería {until_was}. No vamos a llegar, y lo sentimos.
{% else %}
tarda más de lo que quisiéramos, y lo sentimos.
{% endif %}
{% if timed %}
Ahora prevemos resolverlo a más tardar {until}.
{% else %}
Todavía no podemos dar otra hora.
{% endif %}

Así está por ahora: {{ say }}

{{ assurances }} {{ do }} {{ do_not }}

{% if cause %}
Lo que hemos encontrado: {{ cause }}
{% endif %}

{% if timed %}
Tiene nuestra palabra: le escribiremos cuando funcione y, si necesitamos más tiempo, se lo diremos por correo a más tardar {until}.
{% else %}
Tiene nuestra palabra: le escribiremos a más tardar {next_word}, aunque no haya nada nuevo que contar.
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
{{ titles }}:
{% if moved %}
dijimos que sería {until_was}. No vamos a llegar, y lo sentimos.
{% else %}
tarda más de lo que quisiéramos, y lo sentimos.
{% endif %}
{% if timed %}
Ahora prevemos resolverlo a más tardar {until}.
{% else %}
Todavía no podemos dar otra hora.
{% endif %}

Así está por ahora: {{ say }}

{{ assurances }} {{ do }} {{ do_not }}

{% if cause %}
Lo que hemos encontrado: {{ cause }}
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
Lo sentimos. {{ titles }}: {% if moved %}dijimos que sería {until_was} y no llegamos.{% else %}tarda más de lo que quisiéramos.{% endif %}
{% if timed %}Ahora lo prevemos a más tardar {until}.{% else %}Todavía no podemos dar otra hora. Tendrá noticias nuestras a más tardar {next_word}.{% endif %}
