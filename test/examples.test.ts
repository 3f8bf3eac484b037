import { expect } from 'chai'
import { freshDatabase } from './databases.js'
import { type Operation, operations, schemaOf } from './document.js'
import { exampleOf } from './examples.js'
import { ServerProcess } from './process.js'

/** What no example can know or a page cannot send. */
const NOT_BY_EXAMPLE = {
  createFirstSuperuser: 'there is a superuser, so no secret is good',
  setPasswordByLink: 'no link has the secret of an example',
  getCurrentSession: 'the cookie of the admin site is the credential',
  deleteCurrentSession: 'the cookie of the admin site is the credential',
  lookupToken: 'the example is the value of no token',
  deleteUserSession: 'there is no session that the example could name',
  deleteSession: 'there is no session that the example could name',
}

const RANKS: Record<string, number> = { POST: 1, GET: 2, PUT: 3, PATCH: 4, 'POST one': 5, DELETE: 6 }

/** What makes something comes first and what deletes it last. */
const inOrder = operations
  // Its rows are those that the creates before it have made.
  .filter(({ operationId, path }) => !(operationId in NOT_BY_EXAMPLE) && !path.endsWith('/bulk'))
  // A key that the service makes is another one each time.
  .filter(({ parameters = [] }) => !parameters.some(({ schema }) => schema.$ref?.endsWith('/Uuid')))
  .filter(({ tags }) => depthOf(tags[0]!) < Number.POSITIVE_INFINITY)
  .sort((a, b) => rank(a) - rank(b) || (depthOf(a.tags[0]!) - depthOf(b.tags[0]!)) * (a.method === 'DELETE' ? -1 : 1))

describe('the examples', function () {
  this.timeout(60_000)
  let server: ServerProcess
  let remove: () => Promise<void>
  let token: string

  before(async () => {
    const database = await freshDatabase()
    remove = database.remove
    server = await ServerProcess.start({
      ...database.env,
      LATCHKEY_SUPERUSER_USERNAME: 'Srinivas',
      LATCHKEY_SUPERUSER_PASSWORD: 'admin123',
    })
    token = JSON.parse((await send(operations.find(({ operationId }) => operationId === 'obtainToken')!)).text).token
  })

  after(async () => {
    await server.stop()
    await remove()
  })

  for (const operation of inOrder)
    it(`of ${operation.operationId} work as they stand`, async () => {
      const { status, text } = await send(operation)
      expect(status, text).to.be.within(200, 204)
    })

  /** What Swagger UI sends when nothing is filled in by hand. */
  async function send({ method, path, parameters = [], requestBody, security }: Operation) {
    const media = requestBody?.content['application/json']
    const place = parameters
      .filter((parameter) => parameter.in === 'path')
      .reduce((text, parameter) => text.replace(`{${parameter.name}}`, String(parameter.example)), path)
    const answer = await fetch(server.url + place, {
      method,
      headers: {
        'Sec-Fetch-Site': 'same-origin',
        ...(security.length > 0 && { Authorization: `Token ${token}` }),
        ...(media && { 'Content-Type': 'application/json' }),
      },
      body: media && JSON.stringify(exampleOf(media)),
    })
    return { status: answer.status, text: await answer.text() }
  }
})

function rank({ operationId, method, path }: Operation) {
  if (operationId === 'obtainToken') return 0
  // A session takes the id of the next token.
  if (operationId === 'createCurrentSession') return RANKS['POST one']!
  return RANKS[method === 'POST' && path.includes('{') ? 'POST one' : method]!
}

/** How many rows behind one another a row refers to; infinitely many where the key of one is another each time. */
function depthOf(tag: string): number {
  const referred = operations
    .filter(({ tags, method }) => tags.includes(tag) && method === 'POST')
    .flatMap((operation) => Object.values(schemaOf(operation).properties ?? {}))
    .map(({ 'x-references': target, nullable, format }) => {
      if (target === undefined || nullable || target === tag) return 0
      return format === 'uuid' ? Number.POSITIVE_INFINITY : 1 + depthOf(target)
    })
  return Math.max(0, ...referred)
}
