{# No hubo ningún problema. Lo reconocemos y retiramos lo que pedimos. #}
== subject ==
{{ titles }}: nuestro último mensaje no era correcto{% if not corrects %}, todo va bien{% endif %}

== short ==
{{ brand }}, {{ titles }}: nuestro último mensaje no era correcto, lo sentimos. {% if corrects %}Vale lo que le escribimos antes.{% else %}No hubo ningún problema. Siga como siempre.{% endif %} Ref. {reference}

== text ==
Hola, {name}:

{{ titles }}: {% if not corrects %}todo va bien, y así ha sido siempre. {% endif %}Nos equivocamos en nuestro último mensaje, y lo sentimos.

{% if corrects %}Vale lo que le escribimos antes.{% else %}Puede seguir como siempre.{% endif %} Olvide lo que le pedimos hacer o no hacer.

{% if desk %}
¿Tiene preguntas? Nos encuentra aquí: {{ desk }}. Basta con decir {reference}.
{% else %}
Cuando hable con nosotros, basta con decir {reference}.
{% endif %}

{{ brand }}

== page ==
{{ titles }}: {% if not corrects %}todo va bien, y así ha sido siempre. {% endif %}Nos equivocamos en lo que pusimos aquí, y lo sentimos.

{% if corrects %}Vale lo que le escribimos antes.{% else %}Puede seguir como siempre.{% endif %} Referencia: {reference}

== voice ==
Lo sentimos. {{ titles }}: nos equivocamos en nuestro último mensaje. {% if corrects %}Vale lo que le escribimos antes.{% else %}Todo va bien; siga como siempre.{% endif %}
