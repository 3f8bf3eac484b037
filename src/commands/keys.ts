import { Command } from 'commander'
import { keyStatus, rotateKeys } from '../identity/tokens/server-keys.js'
import { settings } from '../platform/config.js'
import { COMMAND } from '../process/operator.js'
import { prepare } from '../process/prepare.js'
import { print, printJson, printTable } from './output.js'

export function keysCommand(): Command {
  return new Command('keys')
    .description('show what needs the server keys of LATCHKEY_SECRET_KEY, and move to the first one')
    .addCommand(
      new Command('status')
        .description('show how many rows need each key, by use')
        .option('--json', 'print JSON')
        .action(async ({ json }: { json?: true }) => {
          await prepare(settings())
          const rows = await keyStatus()
          if (json) printJson(rows)
          else await printTable(rows.map(({ first, ...row }) => ({ ...row, first: first ? 'yes' : 'no' })))
        }),
    )
    .addCommand(
      new Command('rotate')
        .description(
          'seal and mark everything again under the first key, while the service runs; password hashes follow at sign-in',
        )
        .action(async () => {
          await prepare(settings())
          const { tokens, passwords, events, changes, dropped } = await rotateKeys(COMMAND)
          const imported = passwords > 0 ? ` and ${passwords} imported passwords` : ''
          print(
            `sealed ${tokens} tokens${imported} and marked ${events} events and ${changes} changes under the first key`,
          )
          print(
            dropped.length > 0
              ? `no longer needed: ${dropped.join(', ')}`
              : 'every key is still needed; see `latchkey keys status`',
          )
        }),
    )
}
