// The pages that browse the API: Swagger UI over our own schema. No other address is asked for anything.
window.addEventListener("load", () => {
  const place = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    persistAuthorization: false,
    validatorUrl: null,
  });
});
