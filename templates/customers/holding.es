{# Se aprueba junto con el primer aviso y sale si vence lo prometido y nadie contesta. No da hora: solo el servicio,
   que sigue igual, y cuándo volveremos a escribir. #}
== subject ==
{{ titles }}: sigue sin {% if corrects %}arreglarse{% else %}normalizarse{% endif %}; le escribiremos a más tardar {next_word}

== short ==
{{ brand }}, {{ titles }}: sigue sin {% if corrects %}arreglarse{% else %}normalizarse{% endif %}, lo sentimos. {% if moved %}Dijimos que sería {until_was} y no llegamos.{% endif %}
Le avisaremos por SMS a más tardar {next_word}. Ref. {reference}

== text ==
Hola, {name}:

{{ titles }}: sigue sin {% if corrects %}arreglarse{% else %}normalizarse{% endif %}.
{% if moved %}
Le dijimos que sería {until_was}. No vamos a llegar, y lo sentimos.
{% else %}
Le debíamos este aviso, y sentimos que no sea mejor.
{% endif %}

Todavía no podemos dar otra hora, y preferimos decirlo a adivinar. Seguimos trabajando en ello.
Tiene nuestra palabra: le escribiremos cuando {% if corrects %}quede arreglado{% else %}funcione{% endif %} y, en todo caso, a más tardar {next_word}.

Hasta entonces, siga lo que le escribimos antes: qué hacer y qué no hacer.

{% if desk %}
¿Tiene preguntas? Nos encuentra aquí: {{ desk }}. Basta con decir {reference}.
{% else %}
Cuando hable con nosotros, basta con decir {reference}.
{% endif %}

{{ brand }}

== page ==
{{ titles }}: sigue sin {% if corrects %}arreglarse{% else %}normalizarse{% endif %}.
{% if moved %}
Dijimos que sería {until_was}. No vamos a llegar, y lo sentimos.
{% else %}
Sentimos no tener todavía nada mejor que contar.
{% endif %}

Todavía no podemos dar otra hora. Seguimos trabajando en ello. Habrá noticias en esta página a más tardar {next_word}.
Referencia: {reference}

== voice ==
Lo sentimos. {{ titles }}: sigue sin {% if corrects %}arreglarse{% else %}normalizarse{% endif %}. {% if moved %}Dijimos que sería {until_was} y no llegamos.{% endif %}
Tendrá noticias nuestras a más tardar {next_word}.
