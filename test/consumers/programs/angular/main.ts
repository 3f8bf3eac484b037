import '@angular/compiler'
import { deepEqual, equal, ok } from 'node:assert/strict'
import { HttpClient, HttpErrorResponse, provideHttpClient, withFetch, withInterceptors } from '@angular/common/http'
import {
  createEnvironmentInjector,
  type EnvironmentInjector,
  Injector,
  provideZonelessChangeDetection,
  ɵINJECTOR_SCOPE,
} from '@angular/core'
import { Api } from './client/api.js'
import { ApiConfiguration } from './client/api-configuration.js'
import {
  createEmployee,
  createUser,
  deleteEmployee,
  getMetrics,
  listEmployees,
  obtainToken$Json,
} from './client/functions.js'

const [url, username, password] = process.argv.slice(2) as [string, string, string]
let token = ''
const providers = [
  // Without an application, what is provided in the root is provided here.
  { provide: ɵINJECTOR_SCOPE, useValue: 'root' },
  provideZonelessChangeDetection(),
  provideHttpClient(
    withFetch(),
    withInterceptors([
      (request, next) => next(token ? request.clone({ setHeaders: { Authorization: `Token ${token}` } }) : request),
    ]),
  ),
]
const http = createEnvironmentInjector(providers, Injector.NULL as EnvironmentInjector).get(HttpClient)
const configuration = Object.assign(new ApiConfiguration(), { rootUrl: url })
const api = new Api(configuration, http)

// Imports without an extension, as ng-openapi-gen writes them, are those of CommonJS, where nothing awaits outside of a function.
void use()

async function use() {
  token = (await api.invoke(obtainToken$Json, { body: { username, password } })).token
  const body = { empid: 101, empname: 'Srinu', salary: '20000.00' }
  deepEqual(await api.invoke(createEmployee, { body }), body)

  const again = await api.invoke(createEmployee, { body }).catch((error: HttpErrorResponse) => error)
  ok(again instanceof HttpErrorResponse)
  equal(again.status, 409)

  deepEqual(await api.invoke(listEmployees, { limit: 1, ordering: '-empid' }), [body])
  const user = await api.invoke(createUser, { body: { username: 'ravi', is_active: false } })
  equal(user.is_active, false)
  await api.invoke(deleteEmployee, { empid: body.empid })
  ok((await api.invoke(getMetrics)).includes('# HELP'))
}
