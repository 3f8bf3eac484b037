import { createReadStream, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { Op } from 'sequelize'
import { type Operation, operationFor, operationNamed } from '../http/routing.js'
import { handsOutRights, RULES } from '../identity/access/gate.js'
import { scopesOfUser } from '../identity/access/principal.js'
import { BUILT_IN } from '../identity/scopes/built-in.js'
import { isScope, scopesOf } from '../identity/scopes/grammar.js'
import { unknownScope } from '../identity/scopes/own-scope.js'
import { shownStateOf, stateOf } from '../identity/tokens/state.js'
import { Token, type TokenRow } from '../identity/tokens/token.js'
import { digestOf, hintOf, valuesIn } from '../identity/tokens/value.js'
import { settings } from '../platform/config.js'
import { isAbsent } from '../platform/database/connection.js'
import { lineOf } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { id } from './arguments.js'
import { print, printJsonPages, printLines } from './output.js'

/** How many bytes of a file are in memory at a time. The file may have any size. */
const PIECE = 1024 * 1024

/** A check and its scope. What follows is the path of a request to another service. */
const CHECK = /^\/api\/checks\/([^/?]*)/

/** How many values have their states remembered. A log has the same value over and over. */
const REMEMBERED = 10_000

export function planCommand(): Command {
  return new Command('plan')
    .description('print the fewest scopes that these operations and these checks of other services need')
    .argument(
      '<operationId...>',
      'an operation of the document, or the path of a check, such as /api/checks/reports:read, whose scope was added',
    )
    .option('--everybody', "also the scopes that open everybody's tokens to them, and not only the user's own")
    .action(async (names: string[], { everybody }: { everybody?: true }) => {
      const widening = everybody ? names.flatMap((name) => operationNamed(name)?.['x-widening-scopes'] ?? []) : []
      const scopes = [...names.flatMap(scopesFor), ...widening]
      const own = scopes.filter((scope) => !BUILT_IN.has(scope))
      if (own.length > 0) {
        await prepare(settings())
        if (await unknownScope(own)) throw new Error('there is no such scope: see `latchkey scope list`')
      }
      print([...new Set(scopes)].sort().join(' '))
    })
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('say whether a token may make a request, rule by rule; exit code 1 if it may not')
    .argument('<id>', '', id)
    .argument('<method>')
    .argument('<path>')
    .option('--from <address>', 'the address that the request comes from', '127.0.0.1')
    .option('--old-value', 'use the value from before the last rotation')
    .action(explain)
}

export function scanCommand(): Command {
  return new Command('scan')
    .description(
      'find our tokens in a file or a folder by their checksum, and say which are live; exit code 1 if one is, or if a file could not be read',
    )
    .argument('<path>')
    .option('--json', 'print JSON')
    .action(scan)
}

function scopesFor(name: string): string[] {
  const operation = operationNamed(CHECK.test(name) ? 'checkToken' : name)
  if (!operation) throw new Error('there is no such operation in the document; /openapi.json has each operationId')
  return neededBy(operation, name)
}

/** The path of a check says what it needs, whatever the method. The method is that of a request to another service. */
function neededBy(operation: Operation, path: string): string[] {
  if (operation.operationId !== 'checkToken') return operation['x-required-scopes'] ?? []
  const [, scope = ''] = CHECK.exec(path) ?? []
  if (isScope(decodeURIComponent(scope))) return [decodeURIComponent(scope)]
  throw new Error('write the path of a check as /api/checks/reports:read')
}

async function explain(
  tokenId: number,
  method: string,
  path: string,
  { from, oldValue = false }: { from: string; oldValue?: boolean },
) {
  await prepare(settings())
  const operation = CHECK.test(path) ? operationNamed('checkToken') : operationFor(method.toUpperCase(), path)
  if (!operation) throw new Error('there is no such operation in the document')
  const token = await Token.findOne({ where: { id: tokenId, kind: { [Op.ne]: 'session' } }, include: 'user' })
  if (!token) throw new Error('there is no token with this id')
  const { user } = token
  if (!user) throw new Error('the user of this token was deleted, so it has ended')
  const needed = neededBy(operation, path)
  print(`${operation.operationId} needs ${needed.join(' ') || 'no scope'}`)
  const use = {
    token,
    user,
    isOldValue: oldValue,
    address: from,
    userScopes: await scopesOfUser(user),
    needed,
    handsOut: handsOutRights(method.toUpperCase(), operation),
  }
  let allowed = true
  for (const { name, refusal } of RULES) {
    const reason = refusal(use)
    allowed &&= reason === undefined
    print(reason ? `FAIL ${name}: ${reason.status} ${reason.detail}` : `ok   ${name}`)
  }
  for (const scope of operation['x-widening-scopes'] ?? [])
    print(
      `     ${scope}: ${isHeld(scope, use) ? "held, so it covers everybody's" : "not held, so it covers only the user's own"}`,
    )
  if (token.limitRequests)
    print(`     at most ${token.limitRequests} requests in ${token.limitSeconds} s (not counted here)`)
  print(allowed ? 'allow' : 'deny')
  if (!allowed) process.exitCode = 1
}

/** An account token has what its user has. */
function isHeld(scope: string, { token, userScopes }: { token: TokenRow; userScopes: readonly string[] }): boolean {
  return userScopes.includes(scope) && (token.scopes === null || scopesOf(token.scopes).includes(scope))
}

interface Found {
  file: string
  line: number
  hint: string
  state: string
}

async function scan(path: string, { json }: { json?: true }) {
  const known = !isAbsent()
  if (known) await prepare(settings())
  let live = false
  async function* pages() {
    for await (const found of foundIn(path, known ? rememberingState() : async () => 'not looked up')) {
      live ||= ['active', 'disabled', 'rotating'].includes(found.state)
      yield [found]
    }
  }
  if (json) await printJsonPages(pages())
  else
    for await (const [found] of pages())
      await printLines([`${found!.file}:${found!.line} ${found!.hint} ${found!.state}`])
  if (live) process.exitCode = 1
}

async function* foundIn(path: string, state: (value: string) => Promise<string>): AsyncGenerator<Found> {
  for (const file of filesIn(path))
    try {
      for await (const { value, line } of valuesIn(
        createReadStream(file, { encoding: 'latin1', highWaterMark: PIECE }),
      ))
        yield { file, line, hint: hintOf(value), state: await state(value) }
    } catch (error) {
      warnOfUnread(error)
    }
}

function rememberingState(): (value: string) => Promise<string> {
  const states = new Map<string, string>()
  return async (value) => {
    const state = states.get(value) ?? (await stateIn(value))
    if (states.size >= REMEMBERED) states.clear()
    states.set(value, state)
    return state
  }
}

async function stateIn(value: string): Promise<string> {
  const digest = digestOf(value)
  const token = await Token.findOne({ where: { [Op.or]: [{ digest }, { oldDigest: digest }] }, include: 'user' })
  if (!token) return 'unknown here'
  const isWorking = token.digest === digest || stateOf(token) === 'rotating'
  return isWorking ? shownStateOf(token, token.user ?? null) : 'revoked'
}

/** A path that is named is read whatever it is, even standard input. In a folder, only files and folders are read. */
function* filesIn(path: string): Generator<string> {
  if (statSync(path).isDirectory()) yield* filesBelow(path)
  else yield path
}

function* filesBelow(folder: string): Generator<string> {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) yield* filesBelow(join(folder, entry.name))
      else if (entry.isFile()) yield join(folder, entry.name)
  } catch (error) {
    warnOfUnread(error)
  }
}

/** The scan goes on, but a file that was not read must not pass for clean. */
function warnOfUnread(error: unknown) {
  if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
  process.stderr.write(`${lineOf(error)}\n`)
  process.exitCode = 1
}
