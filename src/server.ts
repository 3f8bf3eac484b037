import { settings } from './platform/config.js'
import { expectClosedOutput } from './process/closed-output.js'
import { lineOf } from './process/operator.js'

expectClosedOutput('service')
try {
  const given = settings()
  const { serve } = await import('./process/serve.js')
  await serve(given)
} catch (error) {
  process.stderr.write(`${lineOf(error)}\n`)
  process.exit(1)
}
