import SwaggerUIBundle from 'swagger-ui/swagger-ui-bundle.js'
import 'swagger-ui/swagger-ui.css'
import './page.css'

// Swagger UI for our own document. It signs itself in: after a successful sign-in, the page uses the token.

/** The prefix of every path of the service. */
const BASE = location.pathname.replace(/\/[^/]*\/[^/]*$/, '')

/**
 * Only for this tab, and until it is closed. Swagger UI's own store outlives the browser. Another Latchkey on this origin must
 * not get it.
 */
const KEY = `latchkey.token${BASE}`

const SCHEME = 'Token'

const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()

new MutationObserver(nameControls).observe(document.getElementById('swagger-ui'), { childList: true, subtree: true })

fetch('../openapi.json', { credentials: 'omit' })
  .then((response) => response.json())
  .then(start)

function start(spec) {
  // Never that of the document: behind a TLS proxy that nobody trusts it is an http address, which a page of https may not ask.
  spec.servers = [{ url: location.origin + BASE }]
  describeExamples(spec)
  // One field: `Bearer` would be the same header. The cookie of the admin site is nothing that could be typed in here, and Basic is how libraries send a token.
  spec.components.securitySchemes = { [SCHEME]: spec.components.securitySchemes[SCHEME] }
  const ui = SwaggerUIBundle({
    spec,
    dom_id: '#swagger-ui',
    deepLinking: true,
    validatorUrl: null,
    queryConfigEnabled: false,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    plugins: [
      { statePlugins: { auth: { wrapActions: { authorize: keeping, logout: forgetting } } } },
      { wrapComponents: { DeepLink: withoutLink, ServersContainer: nothing } },
    ],
    requestInterceptor: (request) => {
      const value = request.headers.Authorization
      // The header is `Token <value>`; whoever pastes the bare value means the same.
      if (value && !/^(token|bearer)\s/i.test(value)) request.headers.Authorization = `Token ${value}`
      request.credentials = 'omit'
      return request
    },
    responseInterceptor: (response) => {
      if (response.ok && /\/gettoken\/?$/.test(response.url)) signIn(JSON.parse(response.text).token)
      return response
    },
    onComplete: () => {
      const kept = sessionStorage.getItem(KEY)
      if (kept) signIn(kept)
    },
  })

  function signIn(value) {
    const schema = spec.components.securitySchemes[SCHEME]
    ui.authActions.authorize({ [SCHEME]: { name: SCHEME, schema, value } })
  }

  document.getElementById('sign-out').addEventListener('click', () => ui.authActions.logout([SCHEME]))
}

/**
 * Swagger UI sends the example of an optional parameter unless its reader empties the field. A filter or a condition that fits no
 * row makes of a request that works one that does not. So examples of optional parameters are only told.
 */
function describeExamples({ paths, components }) {
  for (const parameter of Object.values(paths)
    .flatMap(Object.values)
    .flatMap(({ parameters = [] }) => parameters)) {
    if (parameter.required) continue
    const { $ref, ...own } = parameter.schema
    const { example: shared, ...schema } = $ref ? components.schemas[$ref.split('/').at(-1)] : own
    const { example = shared, description } = parameter
    parameter.schema = schema
    delete parameter.example
    if (example !== undefined) parameter.description = `${description}\n\nExample: \`${example}\``
  }
}

/** Swagger UI puts a link into the button that opens an operation, which a screen reader cannot tell apart. */
function withoutLink(_original, { React }) {
  return ({ text }) => React.createElement('span', null, text)
}

/** Hides the choice of a server, which has no label and only one entry. */
function nothing() {
  return () => null
}

/** What Swagger UI leaves without a name for screen readers, or gives one that is not what is seen; long code can be scrolled by keys. */
function nameControls() {
  for (const control of document.querySelectorAll(
    '#swagger-ui :is(textarea, select, input, .close-modal):not([aria-label])',
  ))
    if (!control.labels?.length) control.setAttribute('aria-label', nameOf(control))
  for (const code of document.querySelectorAll('#swagger-ui pre.microlight:not([tabindex])')) code.tabIndex = 0
  for (const button of document.querySelectorAll('#swagger-ui .auth-btn-wrapper [aria-label]')) {
    const [seen, name] = [button.textContent, button.getAttribute('aria-label')]
    if (!name.startsWith(seen)) button.setAttribute('aria-label', `${seen}: ${name}`)
  }
}

function nameOf(control) {
  if (control.matches('.close-modal')) return 'Close'
  const row = control.closest('[data-param-name]')
  if (row)
    return control.matches('.examples-select-element') ? `Example of ${row.dataset.paramName}` : row.dataset.paramName
  return control.matches('textarea')
    ? 'Request body'
    : control.matches('.examples-select-element')
      ? 'Example'
      : 'Media type'
}

function keeping(original) {
  return (payload) => {
    const value = payload[SCHEME]?.value
    if (value) show(value)
    return original(payload)
  }
}

function forgetting(original) {
  return (names) => {
    if (names.includes(SCHEME)) show(undefined)
    return original(names)
  }
}

/** Only as much of the value as is needed to recognize it. */
function show(value) {
  if (value) sessionStorage.setItem(KEY, value)
  else sessionStorage.removeItem(KEY)
  document.getElementById('signed-in').hidden = !value
  document.getElementById('signed-out').hidden = Boolean(value)
  document.getElementById('hint').textContent = value ? `…${value.slice(-4)}` : ''
}
