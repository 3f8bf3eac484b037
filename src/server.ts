import { lineOf } from './commands/prepare.js'
import { serve } from './commands/serve.js'

try {
  await serve()
} catch (error) {
  process.stderr.write(`${lineOf(error)}\n`)
  process.exit(1)
}
