import {
  Configuration,
  EmployeesApi,
  MetricsApi,
  type Problem,
  ProblemFromJSON,
  TokensApi,
  UsersApi,
} from '../../../build/sdk/typescript-fetch'

// Uses the generated client as a stranger would: main.js URL USERNAME PASSWORD.

const [, , basePath, username, password] = process.argv as [string, string, string, string, string]

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})

async function main() {
  const credentials = { username, password }
  const { token } = await new TokensApi(new Configuration({ basePath })).obtainToken({ credentials })
  expect(token.startsWith('lk_'), token)
  done('get a token')

  const api = new EmployeesApi(signedIn(token))
  const response = await api.createEmployeeRaw({ employeeInput: employee(101, '20000') })
  expect(response.raw.status === 201 && response.raw.headers.get('Location') === '/api/emp_viewset/101', response)
  const created = await response.value()
  expect(created.salary === '20000.00', created)
  done('create an employee')

  const got = await api.getEmployeeRaw({ empid: 101 })
  const etag = got.raw.headers.get('ETag')!
  expect(JSON.stringify(await got.value()) === JSON.stringify(created), created)
  done('get an employee')

  for (let empid = 102; empid <= 105; empid++) await api.createEmployee({ employeeInput: employee(empid, '1.00') })
  const seen: number[] = []
  let cursor: string | undefined
  do {
    const page = await api.listEmployeesRaw({ limit: 2, cursor })
    for (const row of await page.value()) seen.push(row.empid)
    const next = /<([^>]+)>; rel="next"/.exec(page.raw.headers.get('Link') ?? '')
    cursor = next ? new URL(next[1]!, basePath).searchParams.get('cursor')! : undefined
  } while (cursor)
  expect(seen.join() === '101,102,103,104,105', seen)
  done('list employees page by page')

  const updated = await api.updateEmployee({ empid: 101, employeePatch: { salary: '2' }, ifMatch: etag })
  expect(updated.empname === 'Srinu' && updated.salary === '2.00', updated)
  done('update with If-Match')

  const stale = api.updateEmployee({ empid: 101, employeePatch: { salary: '3' }, ifMatch: etag })
  expect((await problemOf(412, stale)).status === 412, stale)
  done('412 for a stale If-Match')

  const taken = await problemOf(409, api.createEmployee({ employeeInput: employee(101, '1') }))
  expect(taken.status === 409 && taken.title === 'Already there', taken)
  expect(taken.errors?.empid?.[0] === 'emp with this empid already exists.', taken)
  done('409 for a taken id')

  const unknown = await problemOf(401, new EmployeesApi(signedIn('wrong')).listEmployees({}))
  expect(unknown.detail === 'Invalid token.', unknown)
  done('401 for a wrong token')

  const missing = await problemOf(404, api.getEmployee({ empid: 999 }))
  expect(missing.detail === 'Not found.', missing)
  done('404 for an unknown id')

  const bad = await problemOf(400, api.createEmployee({ employeeInput: employee(106, 'lots') }))
  expect(bad.errors?.salary?.[0]?.startsWith('A valid number is required'), bad)
  done('400 for a bad field')

  const users = new UsersApi(signedIn(token))
  const { id, isActive } = await users.createUser({
    userCreation: { username: 'ravi', password: 'a long one, 42' },
  })
  expect(isActive, id)
  await users.updateUser({ id, userPatch: { isActive: false } })
  const disabled = await users.getUser({ id })
  expect(!disabled.isActive && disabled.username === 'ravi', disabled)
  done('disable a user')

  const metrics = await new MetricsApi(signedIn(token)).getMetrics()
  expect(metrics.includes('latchkey_requests_total{'), metrics)
  done('read the metrics')

  await api.deleteEmployee({ empid: 101 })
  await problemOf(404, api.getEmployee({ empid: 101 }))
  done('delete an employee')
}

function signedIn(token: string): Configuration {
  return new Configuration({ basePath, apiKey: `Token ${token}` })
}

function employee(empid: number, salary: string) {
  return { empid, empname: 'Srinu', salary }
}

/** The problem document of a call that has to fail. */
async function problemOf(status: number, call: Promise<unknown>): Promise<Problem> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof Response)) throw error
    expect(error.status === status, `${error.status} instead of ${status}`)
    return ProblemFromJSON(await error.json())
  }
  throw new Error(`not as expected: a success instead of ${status}`)
}

function expect(holds: unknown, what: unknown): void {
  if (!holds) throw new Error(`not as expected: ${JSON.stringify(what)}`)
}

function done(step: string): void {
  console.log(`done: ${step}`)
}
