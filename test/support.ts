import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { type Model, type ModelStatic, Op } from 'sequelize'
import supertest from 'supertest'
import { Change } from '../src/api/change.js'
import type { Actor } from '../src/audit/actor.js'
import { Event, EventEnd } from '../src/audit/event.js'
import { createApp } from '../src/http/app.js'
import { serverOf } from '../src/http/server.js'
import { Group } from '../src/identity/groups/group.js'
import { textOf } from '../src/identity/scopes/grammar.js'
import { OwnScope } from '../src/identity/scopes/own-scope.js'
import { beginSession } from '../src/identity/sessions/session.js'
import { OneTimeLink } from '../src/identity/sign-in/one-time-link.js'
import { KnownAddress } from '../src/identity/sign-in/sign-in.js'
import { accountValueOf } from '../src/identity/tokens/account.js'
import { type PersonalWish, Token } from '../src/identity/tokens/token.js'
import { hashPassword, type PasswordHash } from '../src/identity/users/password.js'
import { Membership, type Profile, User } from '../src/identity/users/user.js'
import { Origin } from '../src/imports/origins.js'
import { settings } from '../src/platform/config.js'
import { sequelize } from '../src/platform/database/connection.js'
import { unwatchEpoch, watchEpoch, writeRights } from '../src/platform/database/epoch.js'
import { write } from '../src/platform/database/write-queue.js'
import { prepare } from '../src/process/prepare.js'
import { Employee } from '../src/resources/employees/employee.js'
import { operations, refusalViolation, violation } from './document.js'
import { insertMany } from './sql.js'

export const EVERYONE_SCOPES = 'employees:read employees:write tokens:read tokens:write'

let server: Server
let hash: PasswordHash

/** Who acts in the tests. */
export const TESTER: Actor = { id: null, name: 'test', address: '127.0.0.1', requestId: null }

/** The password of every user that `makeUser` makes; its hash is made once. */
export const PASSWORD = 'Xk29!plqz'

/** The running service. */
export let url: string

const violations: string[] = []

/** A client without a token. */
export function anonymous() {
  return client()
}

/** The value of the user's account token. */
export function accountOf(user: User): Promise<string> {
  return accountValueOf(user, TESTER, undefined)
}

/** A client with the user's account token. */
export async function clientOf(user: User) {
  return clientWithValue(await accountOf(user))
}

/** A client with a personal token of a new user that has these scopes. */
export async function clientWith(...scopes: string[]) {
  return clientFor(await makeUser(), scopes)
}

/** As `clientWith`, of a user who is there. */
export async function clientFor(user: User, scopes: string[]) {
  const { value } = await makePersonal(user, { scopes })
  await write((transaction) =>
    Group.update(
      { scopes: textOf([...EVERYONE_SCOPES.split(' '), ...scopes]) },
      { where: { name: 'everyone' }, transaction },
    ),
  )
  return clientWithValue(value)
}

/** A personal token. */
export function makePersonal(user: User, wish: Partial<PersonalWish> = {}) {
  return Token.addPersonal(
    user.id,
    {
      name: 'test',
      scopes: ['employees:read'],
      networks: [],
      expiresAt: null,
      rateLimit: null,
      maxAge: undefined,
      ...wish,
    },
    TESTER,
  )
}

/** The `Cookie` header of a session. */
export async function cookieFor(user: User) {
  return `latchkey_session=${(await beginSession(user, undefined, TESTER)).value}`
}

export function clientWithValue(value: string) {
  return client().set('Authorization', `Token ${value}`)
}

/** A client with a superuser's account token. */
export async function superuserClient() {
  return clientOf(await makeUser({ username: 'root', isSuperuser: true, isStaff: true }))
}

let made = 0

export async function makeUser(profile: Partial<Profile> = {}): Promise<User> {
  hash ??= await hashPassword(PASSWORD, 'test')
  return write((transaction) => User.insert({ username: `user${++made}`, ...profile }, hash, transaction))
}

export async function makeEmployees(
  ...rows: { empid: number; empname?: string; salary?: string | number }[]
): Promise<void> {
  await write((transaction) =>
    Employee.bulkCreate(
      rows.map((row) => ({ empname: 'Srinu', salary: '20000.00', ...row })),
      { transaction },
    ),
  )
}

/** Rows of a large table, as `insertMany` has them, past the models. */
export async function makeMany(table: string, count: number, columns: Record<string, string>): Promise<void> {
  await write((transaction) => sequelize.query(insertMany(table, count, columns), { transaction }))
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** A request with just these headers, for what a polite client cannot send. @param port of a server with other settings */
export function raw(
  method: string,
  path: string,
  {
    headers = {},
    body,
    from,
    port = (server.address() as AddressInfo).port,
  }: { headers?: Record<string, string | string[]>; body?: string | Buffer; from?: string; port?: number } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const all = { host: 'localhost:8000', ...length, ...headers }
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: all,
      setHost: false,
      agent: false,
      localAddress: from,
    })
    request.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = []
      response
        .on('data', (chunk) => chunks.push(chunk))
        .on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const answer = { status: response.statusCode!, headers: response.headers, text }
          // The document describes what programs get.
          const isPage =
            /^text\/html/.test(answer.headers['content-type'] ?? '') && /xhtml/i.test(String(headers.accept))
          if (!isPage)
            note(method, new URL(path.startsWith('/') ? path.slice(0, 2000) : '/', 'http://localhost').href, answer)
          resolve(answer)
        })
    })
    request.end(body)
  })
}

function client() {
  return supertest.agent(url).use((request: supertest.Test) => {
    request.on('response', ({ status, headers, text }: supertest.Response) =>
      note(request.method, request.url, { status, headers, text: text ?? '' }),
    )
  })
}

function note(method: string, address: string, { status, headers, text }: RawAnswer) {
  const answer = { status, type: headers['content-type'] ?? '', text, hasETag: headers.etag !== undefined }
  const found = violation(method, address, answer) ?? (method === 'HEAD' ? undefined : refusalViolation(answer))
  if (found) violations.push(found)
}

/** Everything is as it was before the first test. */
export async function reset() {
  await writeRights(
    async (transaction) => {
      for (const model of [
        ...resources(),
        Origin,
        Token,
        Membership,
        OneTimeLink,
        KnownAddress,
        User,
        OwnScope,
      ] as ModelStatic<Model>[])
        await model.destroy({ where: {}, transaction })
      // The end of the trail after the rows that events are about, as every act has it: a batch that is being written in the
      // background at this moment takes both in this order, and in the other one each would wait for the other.
      await EventEnd.update({ eventId: 0, link: '', keyId: null, signature: null }, { where: {}, transaction })
      await Event.destroy({ where: {}, transaction })
      await Change.destroy({ where: {}, transaction })
      await Group.destroy({ where: { name: { [Op.ne]: 'everyone' } }, transaction })
      await Group.update({ scopes: EVERYONE_SCOPES }, { where: { name: 'everyone' }, transaction })
    },
    () => 'all',
  )
}

/** The models of resources: those that refer to others first. */
function resources(): ModelStatic<Model>[] {
  const tables = operations.filter(({ path }) => path.endsWith('/bulk')).map(({ tags }) => tags[0])
  const left = (Object.values(sequelize.models) as ModelStatic<Model>[]).filter(({ tableName }) =>
    tables.includes(tableName),
  )
  const sorted: ModelStatic<Model>[] = []
  while (left.length > 0) {
    const next = left.findIndex((model) => left.every((other) => other === model || !refers(other, model)))
    sorted.push(...left.splice(next, 1))
  }
  return sorted
}

function refers(model: ModelStatic<Model>, target: ModelStatic<Model>): boolean {
  return Object.values(model.getAttributes()).some(
    ({ references }) => typeof references === 'object' && references.model === target.tableName,
  )
}

/** What a check of a value for a scope responds with. */
export async function checkStatus(value: string, scope = 'reports:read'): Promise<number> {
  return (await raw('GET', `/api/checks/${scope}`, { headers: { authorization: `Token ${value}` } })).status
}

export const mochaHooks = {
  async beforeAll() {
    await prepare(settings(), 'create')
    // No batches beside a test: they would append events while it counts them.
    watchEpoch()
    server = serverOf(createApp(settings()), settings()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    url = `http://localhost:${(server.address() as AddressInfo).port}`
  },
  async beforeEach() {
    await reset()
  },
  afterEach() {
    const found = violations.splice(0)
    expect(found, 'answers that the document does not describe').to.deep.equal([])
  },
  async afterAll() {
    server.closeAllConnections()
    server.close()
    unwatchEpoch()
    await sequelize.close()
  },
}
