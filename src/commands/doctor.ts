import { Command } from 'commander'
import { findingsOfClock, findingsOfNodes } from './doctor-cluster.js'
import { findingsOfDatabase, findingsOfPooler, findingsOfRights, findingsOfTimeouts } from './doctor-database.js'
import { findingsOfDisk } from './doctor-disk.js'
import { examined, type Finding, printFindings } from './doctor-finding.js'
import {
  findingsOfIntegrity,
  findingsOfKeys,
  findingsOfSchema,
  findingsOfSuperusers,
  findingsOfTrail,
} from './doctor-rows.js'
import { findingsOfSettings } from './doctor-settings.js'

interface Check {
  name: string
  look: () => Promise<Finding[]>
  /** The check that must pass before this one can run. */
  needs?: string
}

/** In the order in which an operator fixes things. */
const CHECKS: Check[] = [
  { name: 'settings', look: findingsOfSettings },
  { name: 'disk', look: findingsOfDisk },
  { name: 'database', look: findingsOfDatabase },
  { name: 'pooler', look: findingsOfPooler, needs: 'database' },
  { name: 'schema', look: findingsOfSchema, needs: 'pooler' },
  { name: 'database settings', look: findingsOfTimeouts, needs: 'pooler' },
  { name: 'rights', look: findingsOfRights, needs: 'schema' },
  { name: 'database integrity', look: findingsOfIntegrity, needs: 'schema' },
  { name: 'clock', look: findingsOfClock, needs: 'schema' },
  { name: 'server key', look: findingsOfKeys, needs: 'schema' },
  { name: 'superuser', look: findingsOfSuperusers, needs: 'schema' },
  { name: 'trail', look: findingsOfTrail, needs: 'server key' },
  { name: 'nodes', look: findingsOfNodes, needs: 'pooler' },
]

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'check the installation and say what to do, without changing anything; exit code 1 if something fails; see docs/doctor.md',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const findings: Finding[] = []
      const failed = new Set<string>()
      for (const { name, look, needs } of CHECKS) {
        const found = needs !== undefined && failed.has(needs) ? [skipped(needs)] : await examined(look)
        if (found.some(({ state }) => state === 'fail' || state === 'skip')) failed.add(name)
        findings.push(...found.map((finding) => ({ check: name, ...finding })))
      }
      printFindings(findings, json ? 'JSON' : 'lines')
      if (findings.some(({ state }) => state === 'fail')) process.exitCode = 1
    })
}

function skipped(needs: string): Finding {
  return { state: 'skip', detail: `not checked until this is fixed: ${needs}` }
}
