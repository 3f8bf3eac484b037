import { wrongSettings } from '../platform/config.js'
import { EXIT } from '../process/operator.js'
import { fail, printFindings } from './doctor-finding.js'

/**
 * Reports the settings that cannot be used. Nothing is loaded that needs a setting.
 * @returns the exit code
 */
export function tellOfSettings(args: string[]): number {
  const found = wrongSettings().map((line) => ({ check: 'settings', ...fail(line) }))
  printFindings(found, args.includes('--json') ? 'JSON' : 'lines')
  return EXIT.refused
}
