#!/usr/bin/env node
import { ConfigError, misspelledSettings, settings } from './platform/config.js'
import { expectClosedOutput } from './process/closed-output.js'
import { EXIT, lineOf } from './process/operator.js'

const args = process.argv.slice(2)
expectClosedOutput(args[0] === 'serve' ? 'service' : 'command')
const code = await started(args)
// What is still open when a command is refused must not keep the process alive.
if (code !== EXIT.done) process.exit(code)
if (args[0] !== 'serve') await (await import('./platform/database/connection.js')).sequelize.close()

async function started(args: string[]): Promise<number> {
  try {
    settings()
    // A service writes this to its log.
    for (const { name, nearest } of args[0] === 'serve' ? [] : misspelledSettings())
      process.stderr.write(`latchkey: warning: ${name} is not a setting; the nearest one is ${nearest}\n`)
    const { run } = await import('./commands/program.js')
    return await run(args)
  } catch (error) {
    if (args[0] === 'doctor' && error instanceof ConfigError) {
      const { tellOfSettings } = await import('./commands/doctor-wrong-settings.js')
      return tellOfSettings(args)
    }
    process.stderr.write(`${lineOf(error)}\n`)
    return EXIT.refused
  }
}
