import { expect } from 'chai'
import { freshDatabase, latchkey, ServerProcess } from './process.js'

describe('the id of a request', function () {
  this.timeout(60_000)
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let server: ServerProcess

  beforeEach(async () => {
    database = await freshDatabase()
    await latchkey(['createsuperuser', '--username', 'root'], database.env, 'tea-for-2-at-4\n')
    server = await ServerProcess.start(database.env)
  })

  afterEach(async () => {
    await server.stop('SIGKILL')
    await database.remove()
  })

  /** What is refused is counted, and becomes an event at the latest when the server stops. */
  const events = async () => {
    await server.stop()
    const { stdout } = await latchkey(['events', 'export'], database.env)
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  const logged = (path: string, status: number) =>
    server.lines.filter((line) => line.path === path && line.status === status).map((line) => line.request_id)

  it('is the same in a problem, in the log and in the event of a failed sign-in', async () => {
    const answer = await server.fetch('/gettoken/', { json: { username: 'root', password: 'wrong' } })
    const { instance } = (await answer.json()) as { instance: string }
    const found = (await events()).filter(({ action }) => action === 'login.failed')
    const id = instance.replace('urn:uuid:', '')
    expect(logged('/gettoken/', 400)).to.deep.equal([id])
    expect(found.map(({ requestId }) => requestId)).to.deep.equal([id])
  })

  it('is the same in a problem, in the log and in the event of a refused request', async () => {
    const args = ['token', 'create', 'root', '--name', 'narrow', '--scope', 'employees:read']
    const token = (await latchkey(args, database.env)).stdout.trim()
    const { instance } = (await (await server.fetch('/metrics', { token })).json()) as { instance: string }
    const found = (await events()).filter(({ action }) => action === 'request.refused')
    const id = instance.replace('urn:uuid:', '')
    expect(logged('/metrics', 403)).to.deep.equal([id])
    expect(found.map(({ requestId }) => requestId)).to.deep.equal([id])
  })

  it('is the same in the log and in each event of what was done', async () => {
    const answer = await server.fetch('/gettoken/', { json: { username: 'root', password: 'tea-for-2-at-4' } })
    expect(answer.status).to.equal(200)
    const found = (await events()).filter(({ actor, requestId }) => actor === 'root' && requestId !== null)
    expect(found.map(({ action }) => action)).to.include.members(['login.succeeded', 'token.created'])
    expect([...new Set(found.map(({ requestId }) => requestId))]).to.deep.equal(logged('/gettoken/', 200))
  })
})
