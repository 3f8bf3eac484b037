import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import SwaggerParser from '@apidevtools/swagger-parser'
import { expect } from 'chai'
import { document, type Operation, operations } from './document.js'
import { exampleOf, examplesIn, wrongExamples } from './examples.js'

/**
 * One operation of each kind, by hand. That an operation answers nothing which the document leaves out, every test shows that
 * sends a request (support.ts).
 */
const ERRORS = {
  // Open, with a body.
  obtainToken: '400 403 406 413 415 429 503 507 default',
  createFirstSuperuser: '400 403 406 409 413 415 429 503 507 default',
  setPasswordByLink: '400 403 406 413 415 429 503 507 default',
  createCurrentSession: '400 403 406 413 415 429 503 507 default',
  // Closed, for every token.
  getApiRoot: '400 401 406 429 503 default',
  setUserPassword: '400 401 403 404 406 413 415 429 503 507 default',
  // Closed, by a scope.
  listEmployees: '400 401 403 406 429 503 default',
  getEmployee: '400 401 403 404 406 429 503 default',
  createEmployee: '400 401 403 406 409 413 415 422 429 503 507 default',
  updateEmployee: '400 401 403 404 406 409 412 413 415 429 503 507 default',
  deleteEmployee: '400 401 403 404 409 412 429 503 507 default',
  updateUser: '400 401 403 404 406 409 412 413 415 429 503 507 default',
  deleteUser: '400 401 403 404 409 412 429 503 507 default',
  updateToken: '400 401 403 404 406 409 412 413 415 429 503 507 default',
  rotateToken: '400 401 403 404 406 409 413 415 429 503 507 default',
  // Closed, and it changes nothing.
  introspectToken: '400 401 403 406 413 415 429 503 default',
}

describe('the document', () => {
  it('is valid OpenAPI 3.0', async () => {
    await SwaggerParser.validate(structuredClone(document))
  })

  it('has only examples that its schemas call valid', () => {
    expect(examplesIn(document)).to.have.lengthOf.above(500)
    expect(wrongExamples(document)).to.deep.equal([])
  })

  it('would not pass with an example of another type, beyond a bound or of another format', () => {
    const wrong = structuredClone(document)
    const { Empid, EmployeeInput, EventView } = wrong.components.schemas
    Empid.example = '101'
    EmployeeInput.properties.empname.example = 'a'.repeat(21)
    EventView.properties.at.example = 'yesterday'
    const places = wrongExamples(wrong).map((complaint) => complaint.split(': ')[0])
    expect(places).to.include.members([
      'components/schemas/Empid',
      'components/schemas/EmployeeInput/properties/empname',
      'components/schemas/EventView/properties/at',
    ])
  })

  for (const { operationId, parameters = [], requestBody, responses } of operations) {
    it(`has an example of everything that ${operationId} takes and answers`, () => {
      for (const parameter of parameters) expect(exampleOf(parameter), parameter.name).not.to.equal(undefined)
      for (const [type, media] of Object.entries(requestBody?.content ?? {}))
        expect(exampleOf(media), type).not.to.equal(undefined)
      for (const [status, { content = {}, headers = {} }] of Object.entries(responses)) {
        for (const media of Object.values(content)) expect(exampleOf(media), status).not.to.equal(undefined)
        for (const [name, header] of Object.entries(headers)) expect(exampleOf(header), name).not.to.equal(undefined)
      }
    })
  }

  for (const [operationId, statuses] of Object.entries(ERRORS))
    it(`lists the errors that ${operationId} can answer, and no other`, () => {
      const { responses } = operations.find((operation) => operation.operationId === operationId)!
      expect(Object.keys(responses).filter((status) => status >= '400')).to.deep.equal(statuses.split(' '))
    })

  it('answers every error as a problem', () => {
    const others = operations.flatMap(({ operationId, responses }) =>
      Object.entries(responses)
        .filter(([status, { content = {} }]) => status >= '400' && !('application/problem+json' in content))
        .map(([status]) => `${operationId} ${status}`),
    )
    expect(others).to.deep.equal([])
  })

  it('names the server that `npm start` makes, as a path alone makes tools build other hosts of it', () => {
    expect(document.servers).to.deep.equal([{ url: 'http://localhost:8000' }])
  })

  it('describes every parameter and every property', () => {
    const parameters = operations.flatMap(({ operationId, parameters = [] }) =>
      parameters.filter(({ description }) => !description).map(({ name }) => `${operationId} ${name}`),
    )
    const properties = Object.entries<{ properties?: Record<string, Described> }>(document.components.schemas).flatMap(
      ([schema, { properties = {} }]) =>
        Object.entries(properties)
          .filter(([, property]) => !isDescribed(property))
          .map(([name]) => `${schema}.${name}`),
    )
    expect([...parameters, ...properties]).to.deep.equal([])
  })

  it('names every enumeration that stands in two places, and every object', () => {
    const places: Record<string, number> = {}
    const inline = new Set<string>()
    const objects: string[] = []
    const visit = (node: unknown, path: string[]) => {
      if (typeof node !== 'object' || node === null) return
      const { enum: values, type, properties } = node as { enum?: string[]; type?: string; properties?: object }
      const isNamed = path.length === 3 && path[1] === 'schemas'
      if (Array.isArray(values)) places[values.join()] = (places[values.join()] ?? 0) + 1
      if (Array.isArray(values) && !isNamed) inline.add(values.join())
      if (type === 'object' && Object.keys(properties ?? {}).length > 0 && !isNamed) objects.push(path.join('/'))
      for (const [name, part] of Object.entries(node)) if (name !== 'example') visit(part, [...path, name])
    }
    visit(document, [])
    expect(Object.entries(places).filter(([values, count]) => count > 1 && inline.has(values))).to.deep.equal([])
    expect(objects).to.deep.equal([])
  })

  it('writes every error response once, in `components`', () => {
    const inline = Object.values<object>(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId, responses }) =>
        Object.entries<object>(responses)
          .filter(([status, response]) => !status.startsWith('2') && !('$ref' in response))
          .map(([status]) => `${operationId} ${status}`),
      )
    expect(inline).to.deep.equal([])
  })

  it('tells in the example of a 403 which scopes the operation needs', () => {
    for (const { operationId, responses, 'x-required-scopes': scopes } of operations.filter(
      (operation) => operation['x-required-scopes'],
    ))
      expect(exampleOfError(responses, 403).missing_scopes, operationId).to.deep.equal(scopes)
  })

  it('tells in the examples of 400 and 409 which fields are wrong', () => {
    for (const { operationId, responses } of operations)
      for (const status of [400, 409].filter((status) => status in responses))
        expect(exampleOfError(responses, status).errors, `${operationId} ${status}`).to.be.an('object').that.is.not
          .empty
  })

  it('has whole examples of successes, with the key of the path and what the body sets', () => {
    const told = operations.flatMap((operation) => {
      const { operationId, path, parameters = [], responses } = operation
      const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2'))!
      const { example } = success.content?.['application/json'] ?? {}
      if (success.content?.['application/json']) expect(example, operationId).not.to.equal(undefined)
      const row = [example].flat()[0] as Record<string, unknown> | undefined
      const keys = parameters.filter(({ name }) => path.includes(`{${name}}`) && row && name in row)
      return keys.map(({ name, example }) => [`${operationId} ${name}`, row![name], example])
    })
    expect(told).to.have.lengthOf.above(10)
    for (const [name, shown, given] of told) expect(shown, String(name)).to.equal(given)
  })

  it('has a 304 exactly where a read has a tag', () => {
    const reads = operations.filter(({ method }) => method === 'GET')
    const untagged = reads.filter(({ responses }) => !('ETag' in (responses[200]!.headers ?? {})))
    expect(untagged.map(({ operationId }) => operationId)).to.have.members(['checkToken', 'getMetrics'])
    for (const read of reads) expect(304 in read.responses, read.operationId).to.equal(!untagged.includes(read))
  })

  it('shows the old value of a token only where it was rotated, and hints that end as the values do', () => {
    const tokens = operations.flatMap(({ operationId, responses }) => {
      const example = (responses[200] ?? responses[201])?.content?.['application/json']?.example
      const row = [example].flat()[0] as Record<string, unknown> | undefined
      return row && 'hint' in row ? [{ operationId, row }] : []
    })
    expect(tokens).to.have.lengthOf.above(4)
    for (const { operationId, row } of tokens) {
      expect(row.replaced !== null, operationId).to.equal(row.state === 'rotating')
      if (row.token) expect(String(row.token).slice(-4), operationId).to.equal(String(row.hint).slice(-4))
    }
  })

  it('says of each list how to get all rows', () => {
    const lists = operations.filter(
      ({ method, responses }) =>
        method === 'GET' && Array.isArray(responses[200]!.content?.['application/json']?.example),
    )
    expect(lists).to.have.lengthOf.above(8)
    for (const { operationId, parameters = [], description } of lists)
      for (const word of parameters.some(({ name }) => name === 'limit')
        ? ['`Link`', '`cursor`', '`offset`']
        : ['all of them'])
        expect(description, operationId).to.include(word)
  })

  it('takes the token by either scheme, `Token` first', () => {
    expect(Object.keys(document.components.securitySchemes).slice(0, 2)).to.deep.equal(['Token', 'Bearer'])
    expect(document.components.securitySchemes.Bearer).to.include({ type: 'http', scheme: 'bearer' })
    for (const { operationId, security } of operations.filter(({ security }) => 'Token' in (security[0] ?? {})))
      expect(security.slice(0, 2), operationId).to.deep.equal([{ Token: [] }, { Bearer: [] }])
  })

  it('fails the lint for what is a warning elsewhere', async () => {
    const room = await mkdtemp(join(tmpdir(), 'latchkey-lint-'))
    const file = join(room, 'openapi.json')
    const { license: _license, ...info } = document.info
    try {
      expect(await lint(file, document)).to.equal(0)
      expect(await lint(file, { ...document, info })).to.equal(1)
    } finally {
      await rm(room, { recursive: true, force: true })
    }
  }).timeout(60_000)
})

interface Described {
  $ref?: string
  description?: string
}

/** By itself or by its type. */
function isDescribed({ $ref, description }: Described): boolean {
  return Boolean(description ?? ($ref && document.components.schemas[$ref.split('/').at(-1)!].description))
}

function exampleOfError(responses: Operation['responses'], status: number) {
  return responses[status]!.content!['application/problem+json']!.example as Record<string, unknown>
}

/** @returns the exit code of what `npm run lint` does with a document */
async function lint(file: string, content: object): Promise<number> {
  await writeFile(file, JSON.stringify(content))
  const options = ['lint', file, '--config', 'redocly.yaml']
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off' }
  const run = promisify(execFile)('node_modules/.bin/redocly', options, { env })
  return run.then(
    () => 0,
    ({ code }) => code,
  )
}
