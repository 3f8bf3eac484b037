import { expect } from 'chai'
import { expectWithin, latchkey, type ServerProcess } from '../process.js'

type Environment = Record<string, string>

/**
 * What a service does in a day, so that each kind of statement is sent: by the server, and by commands beside it.
 * @returns how many of the server's requests were made
 */
export async function useAll(server: ServerProcess, env: Environment, importing: Environment = env): Promise<number> {
  const token = await server.signIn()
  let count = 0
  const ask = async (expected: number, method: string, path: string, json?: object, as = token) => {
    const response = await server.fetch(path, { token: as, method, json })
    const text = await response.text()
    expect(response.status, `${method} ${path}: ${text}`).to.equal(expected)
    count++
    return text && JSON.parse(text)
  }
  const run = async (args: string[], environment = env, input = '') => {
    const { code, stdout, stderr } = await latchkey(args, environment, input)
    expect([code, stderr], args.join(' ')).to.deep.equal([0, ''])
    return stdout
  }

  await run(['scope', 'add', 'reports:read', '--description', 'See the reports'])
  await ask(201, 'POST', '/api/groups', { name: 'readers', scopes: ['employees:read', 'reports:read'] })
  const user = await ask(201, 'POST', '/api/users', {
    username: 'ravi',
    password: 'tea-for-2-at-4',
    groups: ['readers'],
  })
  await ask(400, 'POST', '/gettoken/', { username: 'ravi', password: 'wrong-for-2-at-4' })
  const made = await ask(201, 'POST', '/api/tokens', {
    ...{ name: 'ci', scopes: ['employees:read', 'employees:write', 'reports:read'] },
    rate_limit: { requests: 5, seconds: 60 },
  })
  await ask(200, 'GET', '/api/checks/reports:read', undefined, made.token)
  await ask(200, 'GET', '/api/emp_viewset?search=x&ordering=-salary&count=true', undefined, made.token)

  const rows = Array.from({ length: 20 }, (_, index) => ({ empid: index + 1, empname: `name ${index}`, salary: 1 }))
  await ask(201, 'POST', '/api/emp_viewset', { empid: 100, empname: 'x', salary: 2 })
  await ask(201, 'POST', '/api/emp_viewset/bulk', rows)
  await ask(200, 'PUT', '/api/emp_viewset/100', { empid: 100, empname: 'y', salary: 3 })
  await ask(200, 'PATCH', '/api/emp_viewset/100', { salary: 4 })
  await ask(204, 'DELETE', '/api/emp_viewset/100')
  await ask(200, 'GET', '/api/changes?resource=employees')
  await ask(200, 'GET', '/api/events')
  await ask(200, 'POST', '/api/introspect', { token: made.token })
  await ask(200, 'PATCH', `/api/users/${user.id}`, { is_active: false })
  await ask(200, 'POST', `/api/tokens/${made.id}/rotate`, { overlap_seconds: 60 })
  await ask(204, 'DELETE', `/api/tokens/${made.id}`)
  await ask(401, 'GET', '/api/emp_viewset', undefined, made.token)
  // Uses are written in a batch.
  await expectWithin(15_000, async () => {
    const response = await server.fetch(`/api/tokens/${made.id}`, { token })
    return ((await response.json()) as { last_used_at: string | null }).last_used_at !== null
  })

  const csv = 'username,email,date_joined\nmeena,meena@example.com,2020-01-02T03:04:05Z\n'
  await run(['import', 'csv', '-'], importing, csv)
  await run(['import', 'csv', '-', '--resource', 'groups'], importing, 'name,scopes\nwriters,employees:write\n')
  await run(['import', 'csv', '-', '--resource', 'employees'], importing, 'empid,empname,salary\n500,z,5\n')
  await run(['scope', 'remove', 'reports:read'])
  await run(['token', 'list'])
  await run(['export', 'employees'])
  await run(['events', 'verify'])
  await run(['keys', 'status'])
  await run(['history', 'erase', 'employees', '100'])
  await run(['user', 'delete', 'ravi', '--yes'])
  await run(['migrate', 'status'])
  await run(['doctor'])
  expect((await server.fetch('/readyz')).status).to.equal(200)
  return count
}
