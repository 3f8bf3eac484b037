import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { dirname, join } from 'node:path'
import type { IContainer, IPodSpec, IProbe } from 'kubernetes-models/v1'
import { type Answer, answerTo } from '../answer.js'
import { expectWithin } from '../process.js'
import type { Image } from './image.js'

const isRoot = process.getuid?.() === 0

/** What a cluster holds, by name: the data of ConfigMaps and Secrets, and what a pod is told of itself. */
export interface Cluster {
  configMaps: Record<string, Record<string, string>>
  secrets: Record<string, Record<string, string>>
  fields: Record<string, string>
}

export interface Placed {
  spec: IPodSpec
  image: Image
  cluster: Cluster
  /** An empty folder for the files of the pod's volumes. */
  room: string
  port: number
  /** What there is here in the place of what there is in a cluster, as in the URL of the database. */
  instead: Record<string, string>
}

/** A pod of one container as a process on loopback: with its variables, its files, its user, and nothing that it may write to. */
export class Pod {
  private output = ''

  private constructor(
    private readonly placed: Placed,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
  }

  static async start(placed: Placed): Promise<Pod> {
    await writeVolumes(placed)
    return new Pod(placed, run(placed, placed.spec.containers[0]!.command ?? placed.image.command))
  }

  get log(): string {
    return this.output
  }

  /** As the kubelet asks: by the pod's address, which the service knows nothing of. */
  probe(name: 'startupProbe' | 'livenessProbe' | 'readinessProbe'): Promise<boolean> {
    const { httpGet } = this.placed.spec.containers[0]![name] as IProbe
    return this.ask(httpGet!.path!, `10.244.99.99:${this.placed.port}`).then(
      ({ status }) => status >= 200 && status < 400,
      () => false,
    )
  }

  /** Sends a GET, or a POST where there is something to send. */
  ask(path: string, host: string, { json, token }: { json?: object; token?: string } = {}): Promise<Answer> {
    const headers = {
      Host: host,
      ...(token && { Authorization: `Token ${token}` }),
      ...(json && { 'Content-Type': 'application/json' }),
    }
    const where = { host: '127.0.0.1', port: this.placed.port, path }
    return answerTo(httpRequest({ ...where, method: json ? 'POST' : 'GET', headers }), json)
  }

  /** Resolves when the probes let requests in. @throws when it has ended, with what it said */
  async becomesReady(): Promise<void> {
    await expectWithin(30_000, async () => {
      if (this.child.exitCode !== null) throw new Error(this.output)
      return this.probe('startupProbe')
    })
    await expectWithin(10_000, () => this.probe('readinessProbe'))
  }

  /** @returns the exit code */
  async ends(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close')
    return this.child.exitCode
  }

  /** @returns the exit code */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal)
    return this.ends()
  }

  /** As `kubectl exec`. @returns the exit code */
  async execute(command: string[], input: string): Promise<number | null> {
    const child = run(this.placed, command)
    child.stdin!.end(input)
    const [code] = (await once(child, 'close')) as [number | null]
    return code
  }
}

/**
 * The variables of a container: those of envFrom, then env in its order. In a value `$(NAME)` is the variable of that name that
 * stands before it, and stays as it is where there is none (Kubernetes, EnvVar.value).
 */
function environmentOf({ envFrom = [], env = [] }: IContainer, cluster: Cluster): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { configMapRef } of envFrom) Object.assign(variables, found(cluster.configMaps, configMapRef!.name!))
  for (const { name, value, valueFrom } of env) {
    const { secretKeyRef, fieldRef } = valueFrom ?? {}
    variables[name] = secretKeyRef
      ? found(found(cluster.secrets, secretKeyRef.name!), secretKeyRef.key)
      : fieldRef
        ? found(cluster.fields, fieldRef.fieldPath)
        : value!.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => variables[name] ?? whole)
  }
  return variables
}

function run({ spec, image, cluster, room, port, instead }: Placed, command: string[]): ChildProcess {
  const variables = Object.entries(environmentOf(spec.containers[0]!, cluster)).map(([name, value]) => {
    const here = Object.entries(instead).reduce((text, [from, to]) => text.replaceAll(from, to), value)
    return [name, here.replaceAll('/etc/latchkey/', `${room}/etc/latchkey/`)]
  })
  const place = { HOST: '127.0.0.1', PORT: String(port) }
  const env = { PATH: process.env.PATH!, ...image.env, ...place, ...Object.fromEntries(variables) }
  const [file, ...options] = confined(spec, image.folder, command)
  return spawn(file!, options, { cwd: image.folder, env, stdio: 'pipe' })
}

/** The files of the secrets, which the group of the pod may read. */
async function writeVolumes({ spec: { containers, volumes = [], securityContext }, cluster, room }: Placed) {
  for (const { name, mountPath } of containers[0]!.volumeMounts ?? []) {
    const { secret } = volumes.find((volume) => volume.name === name)!
    if (!secret) continue
    const data = found(cluster.secrets, secret.secretName!)
    for (const { key, path } of secret.items ?? Object.keys(data).map((key) => ({ key, path: key }))) {
      const file = join(room, mountPath, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, found(data, key), { mode: secret.defaultMode })
      if (isRoot) await chown(file, 0, securityContext!.fsGroup!)
    }
  }
}

/** For root, as the pod's user without a right, on a file system that is read-only as a whole; else as who one is. */
function confined({ securityContext }: IPodSpec, folder: string, command: string[]): string[] {
  if (!isRoot) return command
  const { runAsUser, runAsGroup, fsGroup } = securityContext!
  const ids = [`--reuid=${runAsUser}`, `--regid=${runAsGroup}`, `--groups=${fsGroup}`]
  const rights = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']
  const script = 'mount -o remount,ro,bind / && cd "$0" && exec "$@"'
  return ['unshare', '--mount', 'sh', '-c', script, folder, 'setpriv', ...ids, ...rights, ...command]
}

function found<T>(all: Record<string, T>, name: string): T {
  const one = all[name]
  if (one === undefined) throw new Error(`there is no ${name}`)
  return one
}
