import { serve } from './commands/serve.js'
import { lineOf } from './process/operator.js'

try {
  await serve()
} catch (error) {
  process.stderr.write(`${lineOf(error)}\n`)
  process.exit(1)
}
