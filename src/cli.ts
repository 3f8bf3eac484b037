#!/usr/bin/env node
import { settings } from './platform/config.js'
import { EXIT, lineOf } from './process/operator.js'

const args = process.argv.slice(2)
const code = await started(args)
// What is still open when a command is refused must not keep the process.
if (code !== EXIT.done) process.exit(code)
if (args[0] !== 'serve') await (await import('./platform/database/connection.js')).sequelize.close()

async function started(args: string[]): Promise<number> {
  try {
    settings()
    const { run } = await import('./commands/program.js')
    return await run(args)
  } catch (error) {
    process.stderr.write(`${lineOf(error)}\n`)
    return EXIT.refused
  }
}
