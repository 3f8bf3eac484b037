import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { Op } from 'sequelize'
import { operationFor, operationNamed } from '../http/routing.js'
import { handsOutRights, RULES } from '../identity/access/gate.js'
import { scopesOfUser } from '../identity/access/principal.js'
import { stateOf, Token } from '../identity/tokens/token.js'
import { digestOf, hintOf, valuesIn } from '../identity/tokens/value.js'
import { settings } from '../platform/config.js'
import { isAbsent } from '../platform/database/connection.js'
import { prepare } from '../process/prepare.js'
import { id } from './arguments.js'
import { print, printJson } from './output.js'

/** Bytes; a larger file is no source and no log that a person would search. */
const LARGEST = 64 * 1024 * 1024

export function planCommand(): Command {
  return new Command('plan')
    .description('the fewest scopes that these operations of the document need')
    .argument('<operationId...>')
    .action((names: string[]) => {
      const scopes = names.flatMap((name) => {
        const operation = operationNamed(name)
        if (!operation)
          throw new Error('there is no such operation in the document: see the operationId in /openapi.json')
        return operation['x-required-scopes'] ?? []
      })
      print([...new Set(scopes)].sort().join(' '))
    })
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('whether a token may make a request, by every rule in order; exit code 1 when not')
    .argument('<id>', '', id)
    .argument('<method>')
    .argument('<path>')
    .option('--from <address>', 'the address that the request comes from', '127.0.0.1')
    .option('--old-value', 'with the value before the last rotation')
    .action(explain)
}

export function scanCommand(): Command {
  return new Command('scan')
    .description(
      'find our tokens in a file or a folder by their checksum, and say which are live; exit code 1 when one is',
    )
    .argument('<path>')
    .option('--json', 'print JSON')
    .action(scan)
}

async function explain(
  tokenId: number,
  method: string,
  path: string,
  { from, oldValue = false }: { from: string; oldValue?: boolean },
) {
  await prepare(settings())
  const operation = operationFor(method.toUpperCase(), path)
  if (!operation) throw new Error('there is no such operation in the document')
  const token = await Token.findOne({ where: { id: tokenId, kind: { [Op.ne]: 'session' } }, include: 'user' })
  if (!token) throw new Error('there is no token with this id')
  const needed = operation['x-required-scopes'] ?? []
  print(`${operation.operationId} needs ${needed.join(' ') || 'no scope'}`)
  const use = {
    token,
    user: token.user!,
    isOldValue: oldValue,
    address: from,
    userScopes: await scopesOfUser(token.user!),
    needed,
    handsOut: handsOutRights(method.toUpperCase(), operation),
  }
  let allowed = true
  for (const { name, refusal } of RULES) {
    const reason = refusal(use)
    allowed &&= reason === undefined
    print(reason ? `FAIL ${name}: ${reason.status} ${reason.detail}` : `ok   ${name}`)
  }
  if (token.limitRequests)
    print(`     at most ${token.limitRequests} requests in ${token.limitSeconds} s (not counted here)`)
  print(allowed ? 'allow' : 'deny')
  if (!allowed) process.exitCode = 1
}

async function scan(path: string, { json }: { json?: true }) {
  const known = !isAbsent()
  if (known) await prepare(settings())
  const found = []
  for (const file of filesIn(path))
    for (const { value, line } of valuesIn(readFileSync(file, 'latin1')))
      found.push({ file, line, hint: hintOf(value), state: known ? await stateIn(value) : 'not looked up' })
  if (json) printJson(found)
  else for (const { file, line, hint, state } of found) print(`${file}:${line} ${hint} ${state}`)
  if (found.some(({ state }) => ['active', 'rotating'].includes(state))) process.exitCode = 1
}

async function stateIn(value: string): Promise<string> {
  const digest = digestOf(value)
  const token = await Token.findOne({ where: { [Op.or]: [{ digest }, { oldDigest: digest }] } })
  if (!token) return 'unknown here'
  const state = stateOf(token)
  return token.digest === digest || state === 'rotating' ? state : 'revoked'
}

function* filesIn(path: string): Generator<string> {
  const stat = statSync(path)
  if (stat.isFile() && stat.size <= LARGEST) yield path
  if (!stat.isDirectory()) return
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isFile() || entry.isDirectory()) yield* filesIn(join(path, entry.name))
}
