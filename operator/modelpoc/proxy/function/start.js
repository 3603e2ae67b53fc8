// Swagger UI for the document beside this page.
window.ui = SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  // Else Swagger UI asks validator.swagger.io about the document of every public host.
  validatorUrl: null,
  tryItOutEnabled: true,
});
