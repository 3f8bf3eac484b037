import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import SwaggerParser from '@apidevtools/swagger-parser'
import { expect } from 'chai'
import { document, operations } from './document.js'
import { exampleOf, examplesIn, wrongExamples } from './examples.js'

/**
 * One operation of each kind, by hand. That an operation answers nothing which the document leaves out, every test shows that
 * sends a request (support.ts).
 */
const ERRORS = {
  // Open, with a body.
  obtainToken: '400 403 406 413 415 429 503',
  createFirstSuperuser: '400 403 406 409 413 415 429 503',
  setPasswordByLink: '400 403 406 413 415 429 503',
  createCurrentSession: '400 403 406 413 415 429 503',
  // Closed, for every token.
  getApiRoot: '400 401 406 429 503',
  setUserPassword: '400 401 403 404 406 413 415 429 503',
  // Closed, by a scope.
  listEmployees: '400 401 403 406 429 503',
  getEmployee: '400 401 403 404 406 429 503',
  createEmployee: '400 401 403 406 409 413 415 422 429 503',
  updateEmployee: '400 401 403 404 406 409 412 413 415 429 503',
  deleteEmployee: '400 401 403 404 409 412 429 503',
  updateUser: '400 401 403 404 406 409 412 413 415 429 503',
  deleteUser: '400 401 403 404 409 412 429 503',
  updateToken: '400 401 403 404 406 409 412 413 415 429 503',
  rotateToken: '400 401 403 404 406 409 413 415 429 503',
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
