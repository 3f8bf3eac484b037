import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { removeUser } from '../../src/identity/access/change-user.js'
import { Token } from '../../src/identity/tokens/token.js'
import { newValue } from '../../src/identity/tokens/value.js'
import { hashPassword, type PasswordHash } from '../../src/identity/users/password.js'
import { User } from '../../src/identity/users/user.js'
import { write } from '../../src/platform/database/write-queue.js'
import { accountOf, makeEmployees, type RawAnswer, raw, TESTER } from '../support.js'
import { DIFFERENCES, REASONS } from './differences.js'
import { comeFromDjango, type DjangoUser } from './from-django.js'

interface Row {
  name: string
  request: { method: string; path: string; headers?: Record<string, string>; body?: string | { base64: string } }
  response: { status: number; headers: Record<string, string>; body?: unknown }
}

interface Employee {
  empid: number
  empname: string
  salary: string
}

export const rows: Row[] = JSON.parse(readFileSync('test/contract/drf-recorded.json', 'utf8'))

/** The users of the recording, by the number of their tokens; 12 is nobody's. */
const USERS: Record<string, DjangoUser> = {
  1: { username: 'ravi', password: 'Xk29!plqz' },
  3: { username: 'idle', password: 'Xk29!plqz', isActive: false },
  7: { username: 'gone', password: 'Xk29!plqz' },
  8: { username: 'Srinivas', password: 'admin123' },
  9: { username: 'रमन', password: 'пароль-9x' },
  10: { username: 'josé', password: 'пароль-9x' },
  11: { username: 'plain', password: 'Xk29!plqz' },
}

/** Where the users, tokens and employees of a row come from. */
type Origin = 'here' | 'Django'

const hashes = new Map<string, PasswordHash>()

/** Before the rows of users that are made here. */
export async function hashPasswords(): Promise<void> {
  for (const { password } of Object.values(USERS))
    if (!hashes.has(password)) hashes.set(password, await hashPassword(password, 'test'))
}

/** A test that a recorded request gets the recorded response, but for the named differences. */
export function holds(row: Row, origin: Origin): void {
  it(row.name, async () => {
    const tokens = await fixture(row, origin)
    const answer = await replay(row, tokens)
    const found = differences(row, answer, tokens)
    const known = DIFFERENCES[row.name]
    if (!known || (known.origin ?? origin) !== origin) return expect(found, answer.text).to.deep.equal([])
    expect(REASONS).to.have.property(known.reason)
    expect(found, 'a named difference that is none').not.to.deep.equal([])
    return expect(answer.status, answer.text).to.equal(known.status)
  })
}

/** Status, success body, the sentence of a 401 and its WWW-Authenticate, `Allow` of a 405. */
function differences({ response }: Row, answer: RawAnswer, tokens: Map<string, string>): string[] {
  const found: string[] = []
  const differ = (what: string, ours: unknown, theirs: unknown) => {
    if (JSON.stringify(ours) !== JSON.stringify(theirs))
      found.push(`${what}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`)
  }
  differ('status', answer.status, response.status)
  if (response.status < 300) differ('body', parsed(answer.text), withTokens(response.body ?? null, tokens))
  if (response.status === 401) {
    differ(
      'sentence',
      (parsed(answer.text) as { detail?: string })?.detail,
      (response.body as { detail: string }).detail,
    )
    // RFC 9110, 11.6.1 wants a parameter; DRF sends the bare scheme.
    differ(
      'WWW-Authenticate',
      answer.headers['www-authenticate'],
      `${response.headers['www-authenticate']} realm="latchkey"`,
    )
  }
  if (response.status === 405) differ('Allow', sorted(answer.headers.allow), sorted(response.headers.allow))
  return found
}

/** What the row takes for granted, and nothing else. @returns a value for each token that it names */
async function fixture({ name, request, response }: Row, origin: Origin): Promise<Map<string, string>> {
  const named = JSON.stringify([request, response])
  const signingIn = usernameIn(bodyOf(request.body)?.toString('utf8') ?? '').toLowerCase()
  const needed = Object.entries(USERS).filter(
    ([number, { username }]) =>
      named.includes(`<token:${number}>`) ||
      username.toLowerCase() === signingIn ||
      name.startsWith('auth.after_reset'),
  )
  const users = needed.map(([, user]) => user)
  const employees = employeesOf(request, response)
  const values = await (origin === 'here' ? makeHere(users, employees) : comeFromDjango(users, employees))
  const stranger = origin === 'here' ? newValue('lk') : randomBytes(20).toString('hex')
  const tokens = new Map([['12', stranger], ...needed.map(([number], index) => [number, values[index]!] as const)])
  for (const { username } of users) {
    if (username !== 'gone' && username !== 'plain') continue
    const user = (await User.findOne({ where: { username } }))!
    if (username === 'gone') await removeUser(user.id, TESTER, () => {})
    else if (name.startsWith('auth.after_reset')) tokens.set('13', await reset(user))
  }
  return tokens
}

/** @returns the values of the users' account tokens */
async function makeHere(users: DjangoUser[], employees: Employee[]): Promise<string[]> {
  await makeEmployees(...employees)
  const values: string[] = []
  for (const { username, password, isActive = true } of users) {
    const user = await write((transaction) => User.insert({ username }, hashes.get(password)!, transaction))
    values.push(await accountOf(user))
    if (!isActive) await User.change(user.id, { isActive }, TESTER, () => {})
  }
  return values
}

function usernameIn(body: string): string {
  try {
    return String(JSON.parse(body).username).normalize('NFC').trim()
  } catch {
    return new URLSearchParams(body).get('username') ?? ''
  }
}

/** What an administrator does who deletes a user's token and adds another. */
async function reset(user: User): Promise<string> {
  const token = await Token.findOne({ where: { userId: user.id, revokedAt: null } })
  await Token.revoke(token!.id, user.id, TESTER)
  return accountOf(user)
}

/** The employees that the answer shows, or that the path or the answer needs to be what it is. */
function employeesOf({ method, path, body }: Row['request'], { status, body: answer }: Row['response']): Employee[] {
  if (Array.isArray(answer)) return (answer as Employee[]).filter(({ empid }) => empid < 2 ** 31)
  const id = /^\/api\/emp_viewset\/([^/?]+)/
    .exec(path)?.[1]
    ?.replace(/\.\w+$/, '')
    .replace(/^[+0]+(?=\d)/, '')
  const shown = isEmployee(answer) ? { ...answer, ...(method === 'PUT' && { empname: 'Before' }) } : undefined
  const rows: Employee[] = []
  if (id && /^-?\d{1,9}$/.test(id) && status !== 404)
    rows.push(shown ?? { empid: Number(id), empname: 'Before', salary: '1.00' })
  if (JSON.stringify(answer ?? '').includes('already exists')) {
    const { empid } = JSON.parse(bodyOf(body)!.toString('utf8'))
    rows.push({ empid, empname: 'There', salary: '1.00' })
  }
  return rows
}

function isEmployee(value: unknown): value is Employee {
  return (
    typeof value === 'object' &&
    value !== null &&
    'empid' in value &&
    'empname' in value &&
    typeof value.empname === 'string'
  )
}

function replay(
  { name, request: { method, path, headers = {}, body } }: Row,
  tokens: Map<string, string>,
): Promise<RawAnswer> {
  const sent = Object.fromEntries(
    Object.entries(headers).map(([header, value]) => [header, withTokens(value, tokens) as string]),
  )
  // The recording leaves out the Host, which the link of the root shows.
  if (name === 'root.host') sent.host = 'api.example.com'
  return raw(method, unabridged(path), { headers: sent, body: bodyOf(body) })
}

/** The recording shortens what repeats: `xxx…[3000059 chars]`, counted over the whole. */
function unabridged(text: string): string {
  const [, start, length, end = ''] = /^(.*?)…\[(\d+) chars\](.*)$/s.exec(text) ?? []
  return start === undefined ? text : start + start.at(-1)!.repeat(Number(length) - start.length - end.length) + end
}

function bodyOf(body: Row['request']['body']): Buffer | undefined {
  if (body === undefined) return undefined
  return typeof body === 'string' ? Buffer.from(unabridged(body)) : Buffer.from(body.base64, 'base64')
}

function withTokens(value: unknown, tokens: Map<string, string>): unknown {
  return JSON.parse(JSON.stringify(value).replace(/<token:(\d+)>/g, (_, number: string) => tokens.get(number)!))
}

function parsed(text: string): unknown {
  return text === '' ? null : JSON.parse(text)
}

function sorted(list: string | undefined) {
  return list?.split(', ').sort()
}
