import { lineOf } from './process/operator.js'
import { serve } from './process/serve.js'

try {
  await serve()
} catch (error) {
  process.stderr.write(`${lineOf(error)}\n`)
  process.exit(1)
}
