import { deepEqual, equal, ok } from 'node:assert/strict'
import { CreateUserResponse, ListEmployeesResponse } from './checks.js'
import {
  createEmployee,
  createUser,
  deleteEmployee,
  getMetrics,
  listEmployees,
  obtainToken,
  updateEmployee,
} from './client.js'

const [username, password] = process.argv.slice(3) as [string, string]

const signedIn = await obtainToken({ username, password })
if (signedIn.status !== 200) throw new Error(`${signedIn.status}`)
const options = { headers: { Authorization: `Token ${signedIn.data.token}` } }

const row = { empid: 101, empname: 'Srinu', salary: '20000.00' }
const created = await createEmployee(row, options)
if (created.status !== 201) throw new Error(`${created.status}`)
equal(created.data.salary, '20000.00')

const again = await createEmployee(row, options)
if (again.status !== 409) throw new Error(`${again.status} instead of 409`)
deepEqual(Object.keys(again.data.errors ?? {}), ['empid'])

const list = await listEmployees({ limit: 1, ordering: '-empid' }, options)
if (list.status !== 200) throw new Error(`${list.status}`)
deepEqual(ListEmployeesResponse.parse(list.data), [row])

const user = await createUser({ username: 'ravi', is_active: false }, options)
if (user.status !== 201) throw new Error(`${user.status}`)
equal(CreateUserResponse.parse(user.data).is_active, false)

const headers = { ...options.headers, 'If-Match': created.headers.get('ETag') ?? '' }
equal((await updateEmployee(row.empid, { salary: '21000.50' }, { headers })).status, 200)
equal((await updateEmployee(row.empid, { salary: '1.00' }, { headers })).status, 412)

equal((await deleteEmployee(row.empid, options)).status, 204)

const metrics = await getMetrics(options)
if (metrics.status !== 200) throw new Error(`${metrics.status}`)
ok(metrics.data.includes('# HELP'))
