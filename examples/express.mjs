// A service of Express that asks Latchkey itself, without a proxy: `LATCHKEY_URL=http://127.0.0.1:8000 PORT=8100 node express.mjs`
import express from 'express'

/** Lets a request on whose token has the scope. It passes the client's Authorization on, and has no credential of its own. */
export function needs(scope) {
  return async (request, response, next) => {
    // Two headers stay two, for Latchkey to refuse.
    const authorization = request.headersDistinct.authorization?.join(', ')
    const check = await fetch(`${process.env.LATCHKEY_URL}/api/checks/${scope}`, {
      headers: { ...(authorization && { authorization }), 'x-forwarded-for': request.ip },
      redirect: 'error',
      signal: AbortSignal.timeout(7000),
    }).catch(() => undefined)
    if (check?.status === 200 && /^\d+$/.test(check.headers.get('x-latchkey-user-id'))) {
      const name = decodeURIComponent(check.headers.get('x-latchkey-user'))
      request.user = { id: Number(check.headers.get('x-latchkey-user-id')), name }
      return next()
    }
    // An outage, or something else in Latchkey's place, is never 401 or 403.
    const refusal = [401, 403, 429, 503].includes(check?.status) ? check : undefined
    for (const name of ['www-authenticate', 'retry-after', 'content-type'])
      if (refusal?.headers.has(name)) response.set(name, refusal.headers.get(name))
    if (!refusal) response.set('Retry-After', '2')
    // What is not read holds its connection.
    const body = await (refusal ? refusal.text() : check?.body?.cancel())?.catch(() => '')
    response.status(refusal?.status ?? 503).send(body ?? '')
  }
}

const app = express()
app.disable('x-powered-by')
// Reading and writing are two scopes; a path that is not listed is closed as well.
app.get('/{*path}', needs('reports:read'), (request, response) => response.json(request.user))
app.use(needs('reports:write'), (request, response) => response.json(request.user))
app.listen(process.env.PORT, '127.0.0.1')
