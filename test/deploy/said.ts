import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { LONGEST_STOP } from '../../src/process/listen.js'
import { blockOf } from '../blocks.js'
import { MANIFEST_RULES } from './manifest-rules.js'
import { objectsOf, readManifests } from './manifests.js'
import { POD_RULES } from './pod-rules.js'
import { typeErrorsOf } from './types.js'

const run = promisify(execFile)

/** As far as it is held to something here. */
interface Service {
  image: string
  build?: object
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  mem_limit?: string
  logging?: { options: Record<string, string> }
  healthcheck?: object
  depends_on?: Record<string, object>
  stop_grace_period?: string
}

/** Out of 100; above it systemd calls a unit's exposure more than OK at its best. This one has 13. */
const EXPOSURE = 20

/** Steps that look at what deploy/ says, before anything of it is done. @param room a folder for what they make */
export function lookAtWhatIsSaid(room: string): [name: string, work: () => Promise<void>][] {
  return [
    ["the manifests are of Kubernetes' types, without a field that is unknown", manifestsAreTyped],
    ['the manifests keep the rules, and each rule is seen broken', manifestsKeepRules],
    ['each container of compose.yaml is confined and bounded', composeIsConfined],
    ['the image is made of images by digest, on Node 24', imageIsFixed],
    ['systemd finds nothing wrong with the unit, and little exposed', () => unitIsSound(room)],
  ]
}

async function manifestsAreTyped() {
  const manifests = await readManifests()
  assert.deepEqual(await typeErrorsOf(objectsOf(manifests)), [])
  const [container] = manifests.deployment.spec!.template.spec!.containers
  Object.assign(container!, { livenesProbe: container!.livenessProbe })
  Object.assign(manifests.service.spec!, { ports: 'http' })
  const errors = await typeErrorsOf(objectsOf(manifests))
  assert.match(errors.join('\n'), /livenesProbe/)
  assert.match(errors.join('\n'), /spec\/ports must be array/)
}

async function manifestsKeepRules() {
  const manifests = await readManifests()
  for (const { name, isKept, breaks } of [...POD_RULES, ...MANIFEST_RULES]) {
    assert(isKept(manifests), name)
    for (const change of breaks) {
      const changed = structuredClone(manifests)
      change(changed)
      assert(!isKept(changed), `not seen by "${name}": ${change}`)
    }
  }
}

async function composeIsConfined() {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'))
  const text = await readFile('deploy/compose.yaml', 'utf8')
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> }
  for (const [name, service] of Object.entries(services)) {
    assert.match(service.image, service.build ? new RegExp(`:${version}$`) : /:(?!latest)[\w.]+$/, name)
    assert.equal(service.read_only, true, name)
    assert.deepEqual(service.cap_drop, ['ALL'], name)
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
    assert.match(service.mem_limit!, /^\d+[mg]$/, name)
    assert(service.logging!.options['max-size'] && service.logging!.options['max-file'], name)
    // A node's is the image's.
    for (const asked of Object.keys(service.depends_on ?? {}))
      assert(services[asked]!.healthcheck ?? services[asked]!.build, asked)
  }
  for (const name of ['node-1', 'node-2'])
    assert(Number.parseInt(services[name]!.stop_grace_period!, 10) * 1000 > LONGEST_STOP, name)
}

async function imageIsFixed() {
  const text = await readFile('deploy/Dockerfile', 'utf8')
  const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!)
  assert(bases.length > 0)
  for (const image of bases) assert.match(image, /^node:24\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}$/)
}

async function unitIsSound(room: string) {
  const unit = await readFile('deploy/latchkey.service', 'utf8')
  const command = /^ExecStart=(\S+)/m.exec(unit)![1]!
  // What it starts has to be there.
  const folder = join(room, 'unit')
  await mkdir(folder)
  await symlink(process.execPath, join(folder, 'latchkey'))
  const write = async (name: string, change: (text: string) => string) => {
    const text = change(unit.replaceAll(command, join(folder, 'latchkey')))
    assert.notEqual(text, unit)
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const analyze = (...options: string[]) => run('systemd-analyze', options)
  const verify = ['verify', '--recursive-errors=no']
  const security = ['security', '--offline=true', `--threshold=${EXPOSURE}`]
  const sound = await write('latchkey.service', (text) => text)
  await analyze(...verify, sound)
  await analyze(...security, sound)
  const inFiles = blockOf('docs/production.md', '[Service]')
  await analyze(...verify, await write('files.service', (text) => text.replace('[Service]\n', inFiles)))
  const misspelled = await write('misspelled.service', (text) => text.replace('ProtectHome', 'ProtectHomes'))
  await assert.rejects(analyze(...verify, misspelled), /Unknown key .*'ProtectHomes'/)
  const open = await write('open.service', (text) => text.replace('CapabilityBoundingSet=\n', ''))
  await assert.rejects(analyze(...security, open))
  assert.match(unit, /^Type=exec$/m)
  const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit)!
  assert(Number(seconds) * 1000 > LONGEST_STOP)
}
