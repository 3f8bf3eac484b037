import { isDeepStrictEqual } from 'node:util'
import type { IPodSpec } from 'kubernetes-models/v1'
import { VARIABLES } from '../../src/platform/variables.js'
import { type Manifests, podsOf } from './manifests.js'
import { containerOf, podOf, type Rule } from './rule.js'

/** The keys of a secret that CloudNativePG makes for the owner of a database (1.30, pkg/specs/secrets.go), and for its authority. */
const OF_CLOUDNATIVEPG: Record<string, string[]> = {
  'latchkey-database-app': [
    ...['username', 'user', 'password', 'dbname', 'host', 'port', 'pgpass'],
    ...['uri', 'jdbc-uri', 'fqdn-uri', 'fqdn-jdbc-uri'],
  ],
  'latchkey-database-ca': ['ca.crt', 'ca.key'],
}

/** How the objects fit each other. */
export const MANIFEST_RULES: Rule[] = [
  {
    name: 'a pod goes when another one has come, and one at a time',
    isKept: ({ deployment, budget }) => {
      const { replicas, strategy } = deployment.spec!
      return (
        replicas! >= 2 &&
        strategy?.rollingUpdate?.maxUnavailable === 0 &&
        budget.spec!.maxUnavailable === 1 &&
        podOf(deployment).topologySpreadConstraints!.some((spread) => spread.topologyKey === 'kubernetes.io/hostname')
      )
    },
    breaks: [
      ({ deployment }) => (deployment.spec!.replicas = 1),
      ({ deployment }) => (deployment.spec!.strategy!.rollingUpdate!.maxUnavailable = 1),
      ({ budget }) => (budget.spec!.maxUnavailable = 2),
      ({ deployment }) => (podOf(deployment).topologySpreadConstraints = []),
    ],
  },
  {
    name: 'what selects pods selects those of the Deployment alone',
    isKept: ({ deployment, job, service, policy, budget }) => {
      const selectors = [
        deployment.spec!.selector.matchLabels,
        service.spec!.selector,
        policy.spec!.podSelector!.matchLabels,
        budget.spec!.selector!.matchLabels,
        ...podOf(deployment).topologySpreadConstraints!.map(({ labelSelector }) => labelSelector!.matchLabels),
      ]
      const selects = (selector: Labels, labels: Labels) =>
        Object.entries(selector!).every(([name, value]) => labels![name] === value)
      return selectors.every(
        (selector) =>
          selects(selector, deployment.spec!.template.metadata!.labels) &&
          !selects(selector, job.spec!.template.metadata!.labels),
      )
    },
    breaks: [
      ({ service }) => delete service.spec!.selector!['app.kubernetes.io/component'],
      ({ policy }) => (policy.spec!.podSelector!.matchLabels!['app.kubernetes.io/name'] = 'other'),
    ],
  },
  {
    name: 'the way in leads from the public address by TLS to the port of the process',
    isKept: ({ deployment, service, ingress, policy, settings }) => {
      const { hostname, protocol } = new URL(settings.data!.LATCHKEY_PUBLIC_URL!)
      const [{ host, http }, ...others] = ingress.spec!.rules! as [IngressRule, ...IngressRule[]]
      const [port] = service.spec!.ports!
      const { service: backend } = http!.paths[0]!.backend
      const listens = containerOf(deployment).ports![0]!.name
      return (
        `${protocol}//${host}` === `https://${hostname}` &&
        others.length === 0 &&
        isDeepStrictEqual(ingress.spec!.tls![0]!.hosts, [host]) &&
        backend!.name === service.metadata!.name &&
        backend!.port!.name === port!.name &&
        port!.targetPort === listens &&
        policy.spec!.ingress!.every(({ from, ports }) => from!.length > 0 && ports![0]!.port === listens)
      )
    },
    breaks: [
      ({ settings }) => (settings.data!.LATCHKEY_PUBLIC_URL = 'https://other.example.com'),
      ({ ingress }) => (ingress.spec!.tls![0]!.hosts = []),
      ({ service }) => (service.spec!.ports![0]!.targetPort = 'web'),
      ({ policy }) => (policy.spec!.ingress![0]!.from = []),
    ],
  },
  {
    name: 'every key of a secret that is asked for is there, and the key of the authority stays where it is',
    isKept: (manifests) => {
      const known: Record<string, string[]> = { ...OF_CLOUDNATIVEPG }
      for (const { metadata, stringData } of manifests.secrets) known[metadata!.name!] = Object.keys(stringData!)
      const asked = podsOf(manifests).flatMap(keysOf)
      return asked.every(({ name, key }) => known[name]?.includes(key) && key !== 'ca.key')
    },
    breaks: [
      ({ deployment }) => (containerOf(deployment).env!.at(-2)!.valueFrom!.secretKeyRef!.key = 'database'),
      ({ job }) => (podOf(job).volumes![0]!.secret!.items![0]!.key = 'ca.key'),
      ({ deployment }) => delete podOf(deployment).volumes!.find(({ name }) => name === 'database-ca')!.secret!.items,
    ],
  },
  {
    name: "the owner's password is the migration's alone, and the server key the server's",
    isKept: (manifests) => {
      const [server, migration] = podsOf(manifests).map(keysOf) as [Key[], Key[]]
      return (
        server.every(({ name, key }) => name !== 'latchkey-database-app' || ['host', 'port', 'dbname'].includes(key)) &&
        migration.every(({ name }) => name.startsWith('latchkey-database-'))
      )
    },
    breaks: [
      ({ deployment }) => (containerOf(deployment).env!.at(-2)!.valueFrom!.secretKeyRef!.key = 'uri'),
      ({ job }) => (podOf(job).volumes![0]!.secret!.secretName = 'latchkey'),
    ],
  },
  {
    name: 'every setting is one, and no secret is among those that are not secret',
    isKept: (manifests) => {
      const names = podsOf(manifests).flatMap(({ containers }) =>
        containers.flatMap(({ env = [] }) => env.map(({ name }) => name)),
      )
      const settings = Object.keys(manifests.settings.data!)
      const isSetting = (name: string) => name in VARIABLES || /^(DATABASE|POD)_[A-Z]+$/.test(name)
      return (
        [...names, ...settings].every(isSetting) && settings.every((name) => !/SECRET|PASSWORD|DATABASE_URL/.test(name))
      )
    },
    breaks: [
      ({ settings }) => (settings.data!.LATCHKEY_PUBLIC_ULR = 'https://tokens.example.com'),
      ({ settings }) => (settings.data!.LATCHKEY_SECRET_KEY = 'x'),
    ],
  },
  {
    name: 'the namespace takes no pod that asks for more',
    isKept: ({ namespace, deployment }) =>
      namespace.metadata!.labels!['pod-security.kubernetes.io/enforce'] === 'restricted' &&
      namespace.metadata!.name === deployment.metadata!.namespace,
    breaks: [({ namespace }) => (namespace.metadata!.labels = {})],
  },
]

type Labels = Record<string, string> | undefined
type IngressRule = NonNullable<NonNullable<Manifests['ingress']['spec']>['rules']>[number]

/** A key of a secret. */
interface Key {
  name: string
  key: string
}

/** What a pod is given of secrets; a volume without items has all of their keys. */
function keysOf({ containers, volumes = [] }: IPodSpec): Key[] {
  const variables = containers.flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => (valueFrom?.secretKeyRef ? [valueFrom.secretKeyRef as Key] : [])),
  )
  const files = volumes.flatMap(({ secret }) => {
    if (!secret) return []
    const name = secret.secretName!
    const items = secret.items ?? (OF_CLOUDNATIVEPG[name] ?? []).map((key) => ({ key }))
    return items.map(({ key }) => ({ name, key }))
  })
  return [...variables, ...files]
}
