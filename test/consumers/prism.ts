import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { operations } from '../document.js'
import { freePort } from '../postgres.js'
import { expectWithin } from '../process.js'
import { DOCUMENT, programOf } from './installed.js'
import { Session } from './session.js'

/**
 * Prism between a client and the service, as `prism proxy` sets it up: it passes on what comes, and tells in a header how a request
 * or a response breaks the document.
 * @param secret of the setup link
 * @returns what to print
 * @throws with everything that Prism objects to
 */
export async function validatingProxy(url: string, secret: string): Promise<string> {
  const port = await freePort()
  const prism = spawn(programOf('prism'), ['proxy', DOCUMENT, url, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  prism.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  try {
    await expectWithin(60_000, async () => {
      if (prism.exitCode !== null) throw new Error(`Prism ended with ${prism.exitCode}: ${output}`)
      return output.includes('Prism is listening')
    })
    const session = new Session(`http://127.0.0.1:${port}`)
    await session.everything(secret)
    const missing = operations.filter(({ operationId }) => !session.called.has(operationId))
    if (missing.length > 0) throw new Error(`not called: ${missing.map(({ operationId }) => operationId).join(', ')}`)
    const violations = [...new Set(session.violations)]
    if (violations.length > 0) throw new Error(`${violations.length} violations\n${violations.join('\n')}`)
    return `${session.requests} requests, ${session.called.size} operations, 0 violations`
  } finally {
    prism.kill()
    if (prism.exitCode === null) await once(prism, 'exit')
  }
}
