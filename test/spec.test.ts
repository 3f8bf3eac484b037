import { expect } from 'chai'
import { document, exampleBody, type Operation, operations, schemaOf } from './document.js'
import { bodyWithRows, exampleRow } from './example-rows.js'
import { type anonymous, raw, superuserClient } from './support.js'

/** Operations that need no token, and why. */
const OPEN = {
  obtainToken: 'a password is the credential',
  createFirstSuperuser: 'the secret of the setup link is the credential',
  setPasswordByLink: 'the secret of the link is the credential',
  reportToken: 'who holds a token may end it',
  createCurrentSession: 'a password is the credential',
}

/** Operations that any valid credential may call. */
const ANY_CREDENTIAL = [
  'getApiRoot',
  'getCurrentToken',
  'setUserPassword',
  'listScopes',
  'listUserScopes',
  'getCurrentSession',
  'listSessions',
  'deleteSession',
  'deleteSessions',
  'deleteCurrentSession',
]

/** Its scope stands in its path, and of the rest of a request nothing counts. */
const CHECK = 'checkToken'

const closed = operations.filter(({ operationId }) => !(operationId in OPEN))

describe('the document', () => {
  it('is OpenAPI 3.0.3', () => {
    expect(document.openapi).to.equal('3.0.3')
  })

  it('names each operation once', () => {
    const names = operations.map(({ operationId }) => operationId)
    expect(names).to.have.lengthOf(new Set(names).size)
  })

  it('has no open operation but the named ones', () => {
    const open = operations.filter(({ security }) => security.length === 0).map(({ operationId }) => operationId)
    expect(open).to.have.members(Object.keys(OPEN))
  })

  it('has a scope on each closed operation but the named ones', () => {
    const unscoped = closed.filter((operation) => !operation['x-required-scopes']).map(({ operationId }) => operationId)
    expect(unscoped).to.have.members([...ANY_CREDENTIAL, CHECK])
  })

  it('needs the scope of its own resource to read and to write', () => {
    for (const { method, operationId, path, 'x-required-scopes': scopes } of closed) {
      // It reads by POST, so that no value stands in a path.
      if (!scopes || ['introspectToken', 'lookupToken'].includes(operationId)) continue
      // What was changed stands beside what was done.
      const segment = path.replace('/api/', '/').split('/')[1]!
      const resource = segment.replace('emp_viewset', 'employees').replace('changes', 'events')
      expect(scopes, operationId).to.deep.equal([`${resource}:${method === 'GET' ? 'read' : 'write'}`])
    }
  })

  it('says what each operation and each response is', () => {
    for (const { operationId, summary, description, responses } of operations) {
      expect(summary, operationId).to.match(/^[A-Z]/)
      expect(description, operationId).to.match(/\S/)
      for (const answer of Object.values(responses)) expect(answer, operationId).to.have.property('description')
    }
  })

  it('keeps the rules of an input in its patch, where nothing is required and nothing filled in', () => {
    const { schemas } = document.components
    const patches = Object.keys(schemas).filter((name) => name.endsWith('Patch'))
    expect(patches).to.include('EmployeePatch')
    for (const name of patches) {
      // Whose a token is, is said once.
      const fixed = name === 'TokenPatch' ? ['user'] : []
      const input = Object.entries<object>(schemas[name.replace(/Patch$/, 'Input')].properties).filter(
        ([field]) => !fixed.includes(field),
      )
      const rules = input.map(([field, rule]) => [field, { ...rule, default: undefined }])
      expect(schemas[name].properties, name).to.deep.equal(JSON.parse(JSON.stringify(Object.fromEntries(rules))))
      expect(schemas[name].required, name).to.equal(undefined)
    }
  })

  it('gives each scope that an operation needs the form of those of one’s own', () => {
    const scopes = closed.flatMap((operation) => operation['x-required-scopes'] ?? [])
    expect(scopes).to.include('employees:read')
    for (const scope of scopes) expect(scope).to.match(new RegExp(document.components.schemas.Scope.pattern))
  })

  it('has no null among the values of an enumeration, because generators of clients make no code for it', () => {
    expect(JSON.stringify(document.components.schemas)).not.to.match(/"enum":\[[^\]]*null/)
  })
})

// Who may call them, the matrix shows.
for (const operation of closed.filter((operation) => operation.operationId !== CHECK)) {
  const { operationId, method } = operation
  describe(operationId, () => {
    it(`answers ${method === 'DELETE' ? 401 : 406} when only XML is accepted`, async () => {
      const { status } = await raw(method, concrete(operation), { headers: { accept: 'application/xml' } })
      expect(status).to.equal(method === 'DELETE' ? 401 : 406)
    })

    it('refuses an unknown query parameter by its name', async () => {
      const { status, text } = await raw(method, `${concrete(operation)}?limt=5`)
      expect(status).to.equal(400)
      expect(JSON.parse(text).errors).to.deep.equal({ limt: ['This query parameter is unknown.'] })
    })
  })
}

for (const operation of closed.filter(({ path }) => path.includes('{')))
  describe(operation.operationId, () => {
    it('answers 404 for an object that is not there', async () => {
      const { status, body } = await send(await superuserClient(), operation)
      expect(status).to.equal(404)
      expect(body.detail).to.equal('Not found.')
    })
  })

function concrete({ path, parameters = [] }: Operation) {
  const isUuid = parameters.some(({ schema }) => schema.$ref?.endsWith('/Uuid'))
  return path.replace(/\{\w+\}/g, isUuid ? '00000000-0000-4000-8000-000000000000' : '1')
}

function send(client: ReturnType<typeof anonymous>, operation: Operation) {
  const isUuid = operation.parameters?.some(({ schema }) => schema.$ref?.endsWith('/Uuid'))
  const path = isUuid
    ? concrete(operation)
    : operation.path.replace(/\{empid\}/, '101').replace(/\{\w+\}/g, '2000000000')
  const request = client[operation.method.toLowerCase() as 'post'](path)
  const body = exampleBody(operation)
  return body ? request.send(body) : request
}

/** Each is wrong for some kind of field. */
const WRONG = [{}, [], 1, 1.5, 2 ** 31, true, null, '', ' ', 'x', 'x'.repeat(300), '2027-02-30']

// A user is created with a password, which no PATCH takes.
for (const create of operations.filter(({ path }) => operations.some((other) => other.path === `${path}/bulk`)))
  if (create.method === 'POST' && create.path !== '/api/users')
    describe(`a PATCH of ${create.tags[0]}`, () => {
      it('refuses what a POST refuses, with the same words', async () => {
        const [tag] = create.tags
        const [client, row] = [await superuserClient(), `${create.path}/${await exampleRow(tag!)}`]
        const body = (await bodyWithRows(create)) as Record<string, unknown>
        const { properties = {} } = schemaOf(create)
        for (const field of Object.keys(properties)) {
          let refused = 0
          for (const value of WRONG) {
            const made = await client.post(create.path).send({ ...body, [field]: value })
            if (made.status !== 400) continue
            refused++
            const { status, body: problem } = await client.patch(row).send({ [field]: value })
            expect([status, problem.errors], `${field}: ${JSON.stringify(value)}`).to.deep.equal([
              400,
              made.body.errors,
            ])
          }
          expect(refused, field).to.be.above(0)
        }
      })
    })
