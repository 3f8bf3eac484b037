import { expect } from 'chai'
import { type Database, freshDatabase } from './databases.js'
import { CREDENTIALS, FIRST, ServerProcess } from './process.js'
import { sql } from './sql.js'

describe('the id of a request', function () {
  this.timeout(60_000)
  let database: Database
  let server: ServerProcess
  let failedSignIn: string
  let refusedRequest: string

  before(async () => {
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST })
    const token = await server.signIn()
    failedSignIn = await idIn(server.fetch('/gettoken/', { json: { ...CREDENTIALS, password: 'wrong' } }))
    const json = { name: 'narrow', scopes: ['employees:read'] }
    const narrow = (await (await server.fetch('/api/tokens', { token, json })).json()) as { token: string }
    refusedRequest = await idIn(server.fetch('/metrics', { token: narrow.token }))
    // What is refused is counted, and becomes an event at the latest when the server stops.
    await server.stop()
  })

  after(() => database.remove())

  const idIn = async (answer: Promise<Response>) => {
    const { instance } = (await (await answer).json()) as { instance: string }
    return instance.replace('urn:uuid:', '')
  }

  const recorded = async (condition: string) => {
    const statement = `SELECT DISTINCT request_id FROM events WHERE ${condition}`
    return (await sql(database.env.DATABASE_URL, statement)).map(({ request_id }) => request_id)
  }

  const logged = (path: string, status: number) =>
    server.lines.filter((line) => line.path === path && line.status === status).map((line) => line.request_id)

  it('is the same in a problem, in the log and in the event of a failed sign-in', async () => {
    expect(logged('/gettoken/', 400)).to.deep.equal([failedSignIn])
    expect(await recorded("action = 'login.failed'")).to.deep.equal([failedSignIn])
  })

  it('is the same in a problem, in the log and in the event of a refused request', async () => {
    expect(logged('/metrics', 403)).to.deep.equal([refusedRequest])
    expect(await recorded("action = 'request.refused'")).to.deep.equal([refusedRequest])
  })

  for (const action of ['login.succeeded', 'token.created'])
    it(`is the same in the log and in the event ${action} of a sign-in`, async () => {
      const narrow = logged('/api/tokens', 201)
      const found = (await recorded(`action = '${action}' AND actor = 'Srinivas'`)).filter((id) => !narrow.includes(id))
      expect(found).to.deep.equal(logged('/gettoken/', 200))
    })
})
