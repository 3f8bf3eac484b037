import { deepEqual, equal, ok } from 'node:assert/strict'
import createClient from 'openapi-fetch'
import type { components, paths } from './schema.js'

const [baseUrl, username, password] = process.argv.slice(2) as [string, string, string]
const client = createClient<paths>({ baseUrl })

const { data: signedIn } = await client.POST('/gettoken/', { body: { username, password } })
ok(signedIn)
client.use({ onRequest: ({ request }) => request.headers.set('Authorization', `Token ${signedIn.token}`) })

const body: components['schemas']['EmployeeInput'] = { empid: 101, empname: 'Srinu', salary: '20000.00' }
const path = { empid: body.empid }
const created = await client.POST('/api/emp_viewset', { body })
equal(created.data?.salary, '20000.00')

const again = await client.POST('/api/emp_viewset', { body })
equal(again.response.status, 409)
deepEqual(Object.keys(again.error?.errors ?? {}), ['empid'])

const list = await client.GET('/api/emp_viewset', { params: { query: { limit: 1, ordering: '-empid' } } })
deepEqual(list.data, [created.data])

const { data: user } = await client.POST('/api/users', { body: { username: 'ravi', is_active: false } })
equal(user?.is_active, false)

const header = { 'If-Match': created.response.headers.get('ETag') ?? '' }
const changed = await client.PATCH('/api/emp_viewset/{empid}', {
  params: { path, header },
  body: { salary: '21000.50' },
})
equal(changed.data?.salary, '21000.50')
const late = await client.PATCH('/api/emp_viewset/{empid}', { params: { path, header }, body: { salary: '1.00' } })
equal(late.response.status, 412)

const deleted = await client.DELETE('/api/emp_viewset/{empid}', { params: { path } })
equal(deleted.response.status, 204)

const metrics = await client.GET('/metrics', { parseAs: 'text' })
ok(metrics.data?.includes('# HELP'))
