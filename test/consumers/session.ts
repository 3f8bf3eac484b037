import { exampleBody, operations } from '../document.js'
import { CREDENTIALS } from '../process.js'

/** What one request is made of; the document has the rest. */
interface Asked {
  path?: Record<string, string | number>
  /** As it stands behind the question mark. */
  query?: string
  headers?: Record<string, string>
  json?: unknown
  /** A token, or `null` for none; else that of the superuser. */
  token?: string | null
}

interface Told {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the operation answers
  body: any
}

/** Refused for what the document says of the request already; what is sent there may break it. */
const OF_BROKEN_REQUESTS = [400, 401, 413, 415]

const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin' }

/** What is not there, by the name of its parameter; numbers are all the same. */
const NOWHERE: Record<string, string> = { scope: 'employees:read', name: 'nowhere:read' }

const PASSWORD = 'tea-for-2-at-4'

/** A client that calls every operation of the document through a validating proxy, and keeps what the proxy objects to. */
export class Session {
  readonly violations: string[] = []
  readonly called = new Set<string>()
  requests = 0
  private token = ''

  constructor(private readonly url: string) {}

  /** @param secret of the setup link: there is nobody yet */
  async everything(secret: string): Promise<void> {
    await this.signIn(secret)
    await this.employees()
    await this.groups()
    await this.scopes()
    await this.users()
    await this.tokens()
    await this.sessions()
    await this.trail()
    await this.refusals()
  }

  private async signIn(secret: string) {
    const first = { username: CREDENTIALS.username, password: CREDENTIALS.password }
    await this.call('createFirstSuperuser', 400, { token: null, json: { secret: 'nonsense', ...first } })
    await this.call('createFirstSuperuser', 400, { token: null, json: { secret } })
    const strong = { ...first, password: PASSWORD }
    await this.call('createFirstSuperuser', 201, { token: null, json: { secret, ...strong } })
    await this.call('createFirstSuperuser', 409, { token: null, json: { secret, ...strong } })
    await this.call('obtainToken', 400, { token: null, json: { username: first.username, password: 'nonsense' } })
    await this.call('obtainToken', 400, { token: null, json: {} })
    this.token = (await this.call('obtainToken', 200, { token: null, json: strong })).body.token
    await this.call('getApiRoot', 200)
    await this.call('getMetrics', 200)
  }

  private async employees() {
    const row = { empid: 101, empname: 'Srinu', salary: '20000.00' }
    const path = { empid: row.empid }
    const key = { 'Idempotency-Key': 'session-1' }
    await this.call('listEmployees', 200)
    await this.call('createEmployee', 201, { json: row, headers: key })
    await this.call('createEmployee', 201, { json: row, headers: key })
    await this.call('createEmployee', 422, { json: { ...row, empname: 'Ravi' }, headers: key })
    await this.call('createEmployee', 409, { json: row })
    await this.call('createEmployee', 400, { json: { ...row, empname: '', unknown: 1 } })
    const more = [102, 103].map((empid) => ({ ...row, empid }))
    await this.call('bulkCreateEmployees', 204, { json: more, query: 'validate=true' })
    await this.call('bulkCreateEmployees', 201, { json: more })
    await this.call('bulkCreateEmployees', 409, { json: more })
    await this.call('bulkCreateEmployees', 400, { json: [{ empid: 104 }] })
    const query = 'limit=2&offset=0&search=srin&count=true&ordering=-empid&salary_min=0.00'
    await this.call('listEmployees', 200, { query })
    const next = /[?&]cursor=([^&>]+)/.exec((await this.page('listEmployees')).headers.get('Link') ?? '')
    await this.call('listEmployees', 200, { query: `limit=1&cursor=${next?.[1]}` })
    await this.call('listEmployees', 400, { query: 'limit=0' })
    const tag = await this.tagOf('getEmployee', path)
    await this.call('replaceEmployee', 200, { path, json: { ...row, empname: 'Ravi' }, headers: { 'If-Match': tag } })
    await this.call('replaceEmployee', 412, { path, json: row, headers: { 'If-Match': tag } })
    await this.call('replaceEmployee', 400, { path, json: { empid: row.empid } })
    await this.call('updateEmployee', 200, { path, json: { salary: '21000.50' } })
    await this.call('updateEmployee', 412, { path, json: { salary: '2.00' }, headers: { 'If-Match': tag } })
    await this.call('updateEmployee', 400, { path, json: { empid: 102 } })
    await this.call('updateEmployee', 400, { path, json: { salary: 'much' } })
    await this.call('deleteEmployee', 412, { path, headers: { 'If-Match': tag } })
    await this.call('deleteEmployee', 204, { path })
    await this.call('deleteEmployee', 404, { path })
  }

  private async groups() {
    const json = { name: 'payroll', scopes: ['employees:read', 'employees:write'] }
    const { id } = (await this.call('createGroup', 201, { json })).body
    const path = { id }
    await this.call('createGroup', 409, { json })
    await this.call('createGroup', 400, { json: { name: 'reports', scopes: ['nonsense'] } })
    await this.call('listGroups', 200, { query: 'search=pay&count=true' })
    const tag = await this.tagOf('getGroup', path)
    await this.call('replaceGroup', 200, { path, json: { ...json, name: 'wages' }, headers: { 'If-Match': tag } })
    await this.call('replaceGroup', 412, { path, json, headers: { 'If-Match': tag } })
    await this.call('updateGroup', 200, { path, json: { scopes: [] } })
    await this.call('updateGroup', 412, { path, json: { scopes: [] }, headers: { 'If-Match': tag } })
    await this.call('updateGroup', 409, { path, json: { name: 'everyone' } })
    await this.call('deleteGroup', 412, { path, headers: { 'If-Match': tag } })
    await this.call('deleteGroup', 204, { path })
    await this.call('deleteGroup', 404, { path })
  }

  private async scopes() {
    const json = { name: 'reports:read', description: 'See the monthly reports' }
    const path = { name: json.name }
    await this.call('listScopes', 200)
    await this.call('createScope', 201, { json })
    await this.call('createScope', 409, { json })
    await this.call('createScope', 400, { json: { name: 'Reports' } })
    const tag = await this.tagOf('getScope', path)
    await this.call('checkToken', 200, { path: { scope: json.name } })
    const other = { description: 'See and print the monthly reports' }
    await this.call('updateScope', 200, { path, json: other, headers: { 'If-Match': tag } })
    await this.call('updateScope', 412, { path, json: other, headers: { 'If-Match': tag } })
    await this.call('deleteScope', 412, { path, headers: { 'If-Match': tag } })
    await this.call('deleteScope', 204, { path })
    await this.call('checkToken', 403, { path: { scope: json.name } })
  }

  private async users() {
    const json = { username: 'ravi', password: PASSWORD }
    const { id } = (await this.call('createUser', 201, { json })).body
    const path = { id }
    await this.call('createUser', 409, { json })
    await this.call('createUser', 400, { json: { username: 'anil', password: '1' } })
    await this.call('bulkCreateUsers', 204, { json: [{ username: 'anil' }], query: 'validate=true' })
    await this.call('bulkCreateUsers', 201, {
      json: [{ username: 'anil' }],
      headers: { 'Idempotency-Key': 'session-2' },
    })
    await this.call('bulkCreateUsers', 422, {
      json: [{ username: 'uma' }],
      headers: { 'Idempotency-Key': 'session-2' },
    })
    await this.call('bulkCreateUsers', 409, { json: [{ username: 'anil' }] })
    await this.call('listUsers', 200, { query: 'is_active=true&ordering=username&search=ra' })
    await this.call('listUserScopes', 200, { path })
    const tag = await this.tagOf('getUser', path)
    const whole = {
      username: 'ravi',
      email: 'ravi@example.com',
      is_active: true,
      is_staff: false,
      is_superuser: false,
      groups: [],
    }
    await this.call('replaceUser', 200, { path, json: whole, headers: { 'If-Match': tag } })
    await this.call('replaceUser', 412, { path, json: whole, headers: { 'If-Match': tag } })
    await this.call('updateUser', 200, { path, json: { email: 'r@example.com' } })
    await this.call('updateUser', 409, { path, json: { username: CREDENTIALS.username } })
    await this.call('updateUser', 412, { path, json: { email: '' }, headers: { 'If-Match': tag } })
    await this.call('setUserPassword', 204, { path, json: { password: 'coffee-4-two' } })
    await this.call('setUserPassword', 400, { path, json: { password: 'ravi' } })
    await this.call('listUserSessions', 200, { path })
    const { link } = (await this.call('createPasswordLink', 201, { path })).body
    const secret = /#password=(.+)$/.exec(link)![1]
    await this.call('setPasswordByLink', 400, { token: null, json: { secret, password: 'ravi' } })
    await this.call('setPasswordByLink', 200, { token: null, json: { secret, password: PASSWORD } })
    await this.call('setPasswordByLink', 400, { token: null, json: { secret, password: PASSWORD } })
  }

  private async tokens() {
    const json = { name: 'nightly report', scopes: ['employees:read'], expires_at: '2036-01-31T12:00:00Z' }
    const { id, token } = (await this.call('createToken', 201, { json })).body
    const path = { id }
    const limited = { name: 'limited', scopes: ['employees:read'], rate_limit: { requests: 1, seconds: 60 } }
    const other = (await this.call('createToken', 201, { json: limited })).body
    await this.call('listEmployees', 200, { token: other.token })
    await this.call('listEmployees', 429, { token: other.token })
    await this.call('createToken', 400, { json: { name: '', scopes: ['nonsense'], networks: ['nowhere'] } })
    await this.call('listTokens', 200, { query: 'state=active&kind=personal&count=true' })
    await this.call('getCurrentToken', 200, { token })
    await this.call('listEmployees', 200, { token })
    await this.call('checkToken', 200, { token, path: { scope: 'employees:read' } })
    await this.call('checkToken', 403, { token, path: { scope: 'employees:write' } })
    await this.call('introspectToken', 200, { json: { token } })
    await this.call('introspectToken', 200, { json: { token: 'nonsense' } })
    await this.call('introspectToken', 200, { json: { token }, token: null, headers: basic(this.token) })
    await this.call('lookupToken', 200, { json: { token } })
    await this.call('lookupToken', 404, { json: { token: `lk_${'1'.repeat(48)}` } })
    const tag = await this.tagOf('getToken', path)
    await this.call('updateToken', 200, { path, json: { name: 'hourly report' }, headers: { 'If-Match': tag } })
    await this.call('updateToken', 412, { path, json: { name: 'report' }, headers: { 'If-Match': tag } })
    await this.call('updateToken', 400, { path, json: { name: 1 } })
    const rotated = (await this.call('rotateToken', 200, { path, json: { overlap_seconds: 3600 } })).body
    await this.call('listEmployees', 200, { token })
    await this.call('deleteToken', 204, { path })
    await this.call('listEmployees', 401, { token: rotated.token })
    await this.call('reportToken', 204, { token: null, json: { token: other.token } })
    await this.call('reportToken', 204, { token: null, json: { token: other.token } })
    await this.call('getToken', 200, { path: { id: other.id } })
  }

  /** A browser of its own signs in each time. */
  private async sessions() {
    const open = async () => {
      const json = { username: CREDENTIALS.username, password: PASSWORD }
      const { headers } = await this.call('createCurrentSession', 200, { token: null, json, headers: SAME_ORIGIN })
      return headers.get('Set-Cookie')!.split(';')[0]!
    }
    const wrong = { username: CREDENTIALS.username, password: 'nonsense' }
    await this.call('createCurrentSession', 400, { token: null, json: wrong, headers: SAME_ORIGIN })
    const Cookie = await open()
    await this.call('getCurrentSession', 200, { token: null, headers: { Cookie } })
    const [, second] = [await open(), await open()]
    const [{ id }, { id: session }] = (await this.call('listSessions', 200)).body
    const { user } = (await this.call('getCurrentToken', 200)).body
    await this.call('listUserSessions', 200, { path: { id: user.id } })
    await this.call('deleteSession', 204, { path: { id } })
    await this.call('deleteSession', 404, { path: { id } })
    await this.call('deleteUserSession', 204, { path: { id: user.id, session } })
    await this.call('deleteUserSession', 404, { path: { id: user.id, session } })
    const last = await open()
    await this.call('deleteCurrentSession', 403, { token: null, headers: { Cookie: last } })
    await this.call('deleteCurrentSession', 204, { token: null, headers: { Cookie: last, ...SAME_ORIGIN } })
    await this.call('getCurrentSession', 401, { token: null, headers: { Cookie: second! } })
    await this.call('deleteSessions', 204)
  }

  private async trail() {
    const [event] = (await this.call('listEvents', 200, { query: 'limit=3&count=true' })).body
    await this.call('getEvent', 200, { path: { id: event.id } })
    await this.call('verifyEvents', 200)
    await this.call('listChanges', 200, { query: 'resource=employees&limit=3' })
    const { body } = await this.call('listUsers', 200, { query: 'username=anil' })
    await this.call('deleteUser', 204, { path: { id: body[0].id } })
  }

  /** What every operation refuses alike: no token, a wrong one, one without the scope, what is not there, what is not JSON. */
  private async refusals() {
    const json = { name: 'narrow', scopes: ['checks:read'] }
    const narrow = (await this.call('createToken', 201, { json })).body.token
    for (const operation of operations) {
      const { operationId, method, security, parameters = [], requestBody, responses } = operation
      const names = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      const nowhere = Object.fromEntries(names.map((name) => [name, NOWHERE[name] ?? 2 ** 31 - 1]))
      const asked = { path: nowhere, json: requestBody && exampleBody(operation) }
      const scope = operation['x-required-scopes']?.[0]
      const isClosed = security.length > 0
      // A session is the only credential of some.
      const headers = { ...SAME_ORIGIN, Cookie: 'latchkey_session=nonsense' }
      if (isClosed) await this.call(operationId, 401, { ...asked, token: null })
      if (isClosed) await this.call(operationId, 401, { ...asked, headers, token: 'nonsense' })
      if ('406' in responses)
        await this.call(operationId, 406, { ...asked, headers: { ...headers, Accept: 'image/png' } })
      if (scope && scope !== 'checks:read') await this.call(operationId, 403, { ...asked, token: narrow })
      if (scope && names.length > 0 && method === 'GET') await this.call(operationId, 404, asked)
      if (requestBody)
        await this.call(operationId, 415, { ...asked, headers: { ...SAME_ORIGIN, 'Content-Type': 'text/csv' } })
    }
  }

  private page(operationId: string) {
    return this.call(operationId, 200, { query: 'limit=1' })
  }

  /** The `ETag` of what is there, after a request that is told nothing of it has changed. */
  private async tagOf(operationId: string, path: Asked['path']): Promise<string> {
    const tag = (await this.call(operationId, 200, { path })).headers.get('ETag') ?? 'there is no ETag'
    // Without the second one fetch says `no-cache`, which asks for the whole response.
    const headers = { 'If-None-Match': tag, 'Cache-Control': 'max-age=0' }
    await this.call(operationId, 304, { path, headers })
    return tag
  }

  /** @throws where the status is another one */
  private async call(operationId: string, status: number, asked: Asked = {}): Promise<Told> {
    const operation = operations.find((one) => one.operationId === operationId)
    if (!operation) throw new Error(`the document has no ${operationId}`)
    const { path = {}, query, headers, json, token = this.token } = asked
    const place = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]!))
    const response = await fetch(`${this.url}${place}${query === undefined ? '' : `?${query}`}`, {
      method: operation.method,
      headers: {
        ...(token !== null && { Authorization: `Token ${token}` }),
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? undefined : JSON.stringify(json),
    })
    const text = await response.text()
    const name = `${operation.method} ${place} ${response.status}`
    if (response.status !== status) throw new Error(`${operationId}: ${name} instead of ${status}: ${text}`)
    this.requests++
    if (status < 300) this.called.add(operationId)
    for (const { location, message } of violationsIn(response)) {
      const isOfRequest = location[0] === 'request'
      if (!isOfRequest || !OF_BROKEN_REQUESTS.includes(status))
        this.violations.push(`${operationId} ${status}: ${location.join('.')} ${message}`)
    }
    const isJson = /json/.test(response.headers.get('Content-Type') ?? '')
    return { status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text }
  }
}

function violationsIn({ headers }: Response): { location: string[]; message: string }[] {
  return JSON.parse(headers.get('sl-violations') ?? '[]')
}

function basic(token: string) {
  return { Authorization: `Basic ${Buffer.from(`any:${token}`).toString('base64')}` }
}
