import { emptyDatabase } from '../databases.js'
import { FIRST, ServerProcess } from '../process.js'
import { Steps } from '../steps.js'
import { CLIENTS, compile, generate, use } from './clients.js'
import { install } from './installed.js'
import {
  checkAddressAndToken,
  checkParameters,
  liveALife,
  signInAndList,
  withDefaults,
  withExamples,
} from './postman.js'
import { validatingProxy } from './prism.js'
import { lint } from './spectral.js'

// Tries tools and clients of others on the document, each in the version that package-lock.json of this folder names.

const steps = new Steps()
if (await steps.step('install', install)) {
  await steps.step('Prism: a session of every operation', () =>
    withServer({}, (server) => validatingProxy(server.url, /#setup=(\S+)/.exec(server.stderr)![1]!)),
  )
  await steps.step('Spectral: the rules of oas', lint)
  for (const name of Object.keys(CLIENTS)) await steps.step(`${name}: generate`, () => generate(name))
  await steps.step('the clients: compile', compile)
  for (const name of Object.keys(CLIENTS))
    await steps.step(`${name}: use`, () => withServer(FIRST, (server) => use(name, server.url)))
}
const defaults = await withDefaults()
const examples = await withExamples()
await steps.step('Postman: address and token', () => checkAddressAndToken(defaults))
await steps.step('Postman: parameters', () => checkParameters(defaults))
await steps.step('Postman, with examples: parameters', () => checkParameters(examples))
await steps.step('Postman: sign in and list', () => withServer(FIRST, ({ url }) => signInAndList(defaults, url)))
await steps.step('Postman, with examples: an employee', () => withServer(FIRST, ({ url }) => liveALife(examples, url)))
steps.end()

/** A server with an empty database of its own, so that no client sees what another one has left behind. */
async function withServer<Result>(
  env: Partial<typeof FIRST>,
  use: (server: ServerProcess) => Promise<Result>,
): Promise<Result> {
  const database = await emptyDatabase()
  try {
    const server = await ServerProcess.start({ ...database.env, ...env })
    return await use(server).finally(() => server.stop())
  } finally {
    await database.remove()
  }
}
