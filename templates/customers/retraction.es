{# No hubo ningún problema. Lo reconocemos y retiramos lo que pedimos. #}
== subject ==
{{ titles }}: nuestro último mensaje no era correcto, todo va bien

== short ==
{{ brand }}, {{ titles }}: nuestro último mensaje no era correcto, lo sentimos. No hubo ningún problema. Siga como siempre. Ref. {reference}

== text ==
Hola, {name}:

{{ titles }}: todo va bien, y así ha sido siempre. Nos equivocamos en nuestro último mensaje, y lo sentimos.

Puede seguir como siempre. Olvide lo que le pedimos hacer o no hacer.

{% if desk %}
¿Tiene preguntas? Nos encuentra aquí: {{ desk }}. Basta con decir {reference}.
{% else %}
Cuando hable con nosotros, basta con decir {reference}.
{% endif %}

{{ brand }}

== page ==
{{ titles }}: todo va bien, y así ha sido siempre. Nos equivocamos en lo que pusimos aquí, y lo sentimos.

Puede seguir como siempre. Referencia: {reference}

== voice ==
Lo sentimos. {{ titles }}: nos equivocamos en nuestro último mensaje. Todo va bien; siga como siempre.
