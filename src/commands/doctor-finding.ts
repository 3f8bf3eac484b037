import { lineOf } from '../process/operator.js'
import { plain, print, printJson } from './output.js'

/** What a check of the doctor has found. */
export interface Finding {
  /** The name of the check. It is known when the finding is printed. */
  check?: string
  /** `ok`: all is well. `warn`: it works, but needs attention. `fail`: it does not work. `skip`: it could not be checked. */
  state: 'ok' | 'warn' | 'fail' | 'skip'
  detail: string
  /** What to do. */
  advice?: string
}

export const ok = (detail: string): Finding => ({ state: 'ok', detail })
export const warn = (detail: string, advice: string): Finding => ({ state: 'warn', detail, advice })
export const fail = (detail: string, advice?: string): Finding => ({ state: 'fail', detail, advice })

/** Runs a check. An error that it throws is a finding that fails. */
export async function examined(look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [fail(lineOf(error).replace(/^latchkey: /, ''))]
  }
}

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skip: 'skip' }

export function printFindings(findings: Finding[], as: 'lines' | 'JSON'): void {
  if (as === 'JSON') printJson(findings.map((finding) => ({ ...finding, ok: ['ok', 'warn'].includes(finding.state) })))
  else
    for (const { check, state, detail, advice } of findings)
      print(plain(`${MARKS[state]} ${check}: ${detail}${advice ? `; do: ${advice}` : ''}`))
}
