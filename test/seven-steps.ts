import assert from 'node:assert/strict'
import { CREDENTIALS } from './process.js'

/**
 * The seven steps of the README at a service that has no employees yet and whose superuser is that of `FIRST`.
 * @returns the token
 * @throws at the first response that is another one
 */
export async function sevenSteps(url: string): Promise<string> {
  let token = ''
  token = JSON.parse(await step('POST', '/gettoken/', 200, CREDENTIALS)).token
  const row = { empid: 101, empname: 'Srinu', salary: '20000.00' }
  const changed = { empid: 101, empname: 'Srinivas', salary: '21000.50' }
  await told('GET', '/api/', 200, { emp_viewset: `${url}/api/emp_viewset` })
  await told('POST', '/api/emp_viewset', 201, row, { ...row, salary: '20000' })
  await told('GET', '/api/emp_viewset', 200, [row])
  await told('GET', '/api/emp_viewset/101', 200, row)
  await told('PUT', '/api/emp_viewset/101', 200, changed, changed)
  await step('DELETE', '/api/emp_viewset/101', 204)
  await step('GET', '/api/emp_viewset/101', 404)
  return token

  async function told(method: string, path: string, status: number, body: object, json?: object) {
    assert.deepEqual(JSON.parse(await step(method, path, status, json)), body)
  }

  async function step(method: string, path: string, status: number, json?: object): Promise<string> {
    const headers = { ...(token && { Authorization: `Token ${token}` }), 'Content-Type': 'application/json' }
    const response = await fetch(url + path, { method, headers, body: json && JSON.stringify(json) })
    const text = await response.text()
    assert.equal(response.status, status, `${method} ${path}: ${text}`)
    return text
  }
}
