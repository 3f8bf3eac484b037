// Swagger UI over our own document. The header is `Token <value>`; whoever pastes the bare value means the same.
window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  queryConfigEnabled: false,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  requestInterceptor: (request) => {
    const value = request.headers.Authorization
    if (value && !/^(token|bearer)\s/i.test(value)) request.headers.Authorization = `Token ${value}`
    request.credentials = 'omit'
    return request
  },
})
