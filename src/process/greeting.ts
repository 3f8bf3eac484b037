import { databaseName } from '../platform/database/connection.js'
import { visible } from '../platform/terminal.js'
import { commandLine } from './invocation.js'

/**
 * What somebody who has started the service needs next, one line each.
 * @param link for making the first superuser, or nothing if there is one
 */
export function greeting({ base, docs, link }: { base: string; docs: boolean; link: string | undefined }): string {
  const lines = [
    ...(link ? [['Make the first superuser', link]] : []),
    ['Admin site', `${base}/admin/`],
    ...(docs ? [['API docs', `${base}/docs/`]] : []),
    ['The command', `${commandLine()} --help`],
    ['Stop', `Ctrl-C; the data stays in ${visible(databaseName)}`],
  ]
  const width = Math.max(...lines.map(([what]) => what!.length))
  return lines.map(([what, where]) => `  ${what!.padEnd(width)}  ${where}\n`).join('')
}
