import type autocannon from 'autocannon'
import { newValue } from '../../src/identity/tokens/value.js'
import { startChanges } from './changes.js'
import type { Load } from './measure.js'
import { ACCOUNT, type Target } from './targets.js'

/** A kind of work, the same for each target that can do it. */
export type Scenario = (target: Target) => Load | Promise<Load>

const PATH = '/api/emp_viewset'
const CHECK = '/api/checks/employees:read'

/** Above everything that the database was filled with. */
let nextEmpid = 1_000_000_000

/** What every service of employees can do. */
export const COMMON: Record<string, Scenario> = {
  'read one': (target) => get(target, `${PATH}/101`),
  'list of 100': (target) => get(target, PATH),
  'filtered search': (target) => get(target, `${PATH}?empname_contains=ee%2099&limit=20`),
  create: (target) => ({ ...load(target, [creation(target)]), status: 201 }),
  update: (target) => load(target, [update(target)]),
  'mixed 90/10': (target) =>
    load(target, [...Array.from({ length: 9 }, (_, index) => read(target, `${PATH}/${101 + index}`)), update(target)]),
  '401 by junk token': (target) => ({
    ...get({ ...target, token: newValue('lk').replace(/.$/, '_') }, `${PATH}/101`),
    status: 401,
  }),
  gettoken: (target) => ({
    ...load(target, [{ method: 'POST', path: '/gettoken/', headers: JSON_TYPE, body: JSON.stringify(ACCOUNT) }]),
    // As many as hash at once: more would only wait.
    connections: 2,
  }),
}

/** What every service that checks keys can do. */
export const CHECKS: Record<string, Scenario> = {
  check: (target) => get(target, CHECK),
  'check, 401': (target) => ({ ...get({ ...target, token: newValue('lk').replace(/.$/, '_') }, CHECK), status: 401 }),
  'check, 300 tokens': (target) => inTurn(target, CHECK, inUse(target)),
}

/** Of a service that has no check of its own. */
export const THROUGH_NGINX: Record<string, Scenario> = {
  'through nginx': (target) => get(target, '/'),
  'through nginx, 1 connection': (target) => ({ ...get(target, '/'), connections: 1 }),
}

/** What is ours alone: whether it costs more when there are more rows, and what goes on beside it. */
export const OURS: Record<string, Scenario> = {
  'page from the middle by cursor': async (target) => get(target, await middlePage(target)),
  'check, 403': (target) => ({ ...get(target, '/api/checks/nothing:read'), status: 403 }),
  'token that is not in memory': (target) => inTurn(target, `${PATH}/101`, target.values),
}

/** Of 300 tokens, while the rights of others change: loads that are compared with each other, and so measured in turn. */
export const CHANGES: Record<string, Scenario>[] = [changes('read', `${PATH}/101`), changes('check', CHECK)]

function changes(kind: string, path: string): Record<string, Scenario> {
  return {
    [`${kind}, 300 tokens, no changes`]: (target) => inTurn(target, path, inUse(target)),
    [`${kind}, 300 tokens, 20 changes/s`]: (target) => whileRightsChange(target, path, 20),
    [`${kind}, 300 tokens, 60 changes/s`]: (target) => whileRightsChange(target, path, 60),
  }
}

const inUse = ({ values }: Target) => values.slice(0, 300)

function inTurn(target: Target, path: string, values: string[]): Load {
  let next = 0
  // Not a request for each: autocannon would make all of them for each connection, and its clock runs meanwhile.
  const setupRequest = (request: autocannon.Request) => ({
    ...request,
    headers: { authorization: `Token ${values[next++ % values.length]!}` },
  })
  return load(target, [{ ...read(target, path), setupRequest }])
}

async function whileRightsChange(target: Target, path: string, perSecond: number): Promise<Load> {
  return { ...inTurn(target, path, inUse(target)), beside: await startChanges(target, perSecond) }
}

const JSON_TYPE = { 'content-type': 'application/json' }

function load({ url }: Target, requests: autocannon.Request[]): Load {
  return { url, requests, connections: 32, status: 200 }
}

function get(target: Target, path: string): Load {
  return load(target, [read(target, path)])
}

function read({ token }: Target, path: string): autocannon.Request {
  return { method: 'GET', path, headers: token ? { authorization: `Token ${token}` } : {} }
}

function creation({ token }: Target): autocannon.Request {
  return {
    method: 'POST',
    path: PATH,
    headers: { ...JSON_TYPE, authorization: `Token ${token}` },
    setupRequest: (request) => ({
      ...request,
      body: JSON.stringify({ empid: nextEmpid++, empname: 'Srinu', salary: '20000.00' }),
    }),
  }
}

function update({ token }: Target): autocannon.Request {
  return {
    method: 'PATCH',
    path: `${PATH}/102`,
    headers: { ...JSON_TYPE, authorization: `Token ${token}` },
    setupRequest: (request) => ({ ...request, body: JSON.stringify({ salary: `${20000 + (nextEmpid++ % 1000)}.00` }) }),
  }
}

/** The path that a `Link` from the middle of the list leads to. */
async function middlePage({ url, token, rows }: Target): Promise<string> {
  const headers = { Authorization: `Token ${token}` }
  const answer = await fetch(`${url}${PATH}?limit=100&offset=${rows / 2}`, { headers })
  const [, next] = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')!
  const { pathname, search } = new URL(next!)
  return pathname + search
}
