import { wrongSettings } from '../platform/config.js'
import { EXIT } from '../process/operator.js'
import { fail, printFindings } from './doctor-finding.js'

/**
 * What the doctor can say where a setting cannot be used: nothing that needs one is loaded.
 * @returns the exit code
 */
export function tellOfSettings(args: string[]): number {
  const found = wrongSettings().map((line) => ({ check: 'settings', ...fail(line) }))
  printFindings(found, args.includes('--json') ? 'JSON' : 'lines')
  return EXIT.refused
}
