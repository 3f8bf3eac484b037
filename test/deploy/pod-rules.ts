import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { IProbe } from 'kubernetes-models/v1'
import { LONGEST_STOP } from '../../src/process/listen.js'
import { podsOf } from './manifests.js'
import { containerOf, everywhere, podOf, type Rule } from './rule.js'

/** Seconds that the primary of several workers waits beyond the longest stop, and some for the container itself. */
const MARGIN = 2

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** How a pod runs: the profile `restricted` of the Pod Security Standards, and what this service needs. */
export const POD_RULES: Rule[] = [
  {
    name: "the image is one release's",
    isKept: everywhere(({ image }) => image!.endsWith(`:${version}`)),
    breaks: ['latest', '0.0.1'].map(
      (tag) =>
        ({ deployment }) =>
          (containerOf(deployment).image = `latchkey:${tag}`),
    ),
  },
  {
    name: 'the user is a number, and not root',
    isKept: (manifests) =>
      podsOf(manifests).every(
        ({ securityContext, containers }) =>
          securityContext?.runAsNonRoot === true &&
          securityContext.runAsUser! > 0 &&
          securityContext.runAsGroup! > 0 &&
          containers.every(
            ({ securityContext }) =>
              securityContext!.runAsUser === undefined && securityContext!.runAsNonRoot === undefined,
          ),
      ),
    breaks: [
      ({ job }) => (podOf(job).securityContext!.runAsUser = 0),
      ({ job }) => (podOf(job).securityContext!.runAsNonRoot = false),
      ({ deployment }) => delete podOf(deployment).securityContext!.runAsUser,
      ({ deployment }) => (containerOf(deployment).securityContext!.runAsUser = 0),
    ],
  },
  {
    name: 'the root is read-only',
    isKept: everywhere(({ securityContext }) => securityContext?.readOnlyRootFilesystem === true),
    breaks: [({ deployment }) => delete containerOf(deployment).securityContext!.readOnlyRootFilesystem],
  },
  {
    name: 'nothing else that is mounted can be written to, but what has a limit',
    isKept: (manifests) =>
      podsOf(manifests).every(({ volumes = [], containers }) =>
        containers.every(({ volumeMounts = [] }) =>
          volumeMounts.every(({ name, readOnly }) => {
            const { emptyDir, secret } = volumes.find((volume) => volume.name === name)!
            return emptyDir ? emptyDir.sizeLimit !== undefined : secret !== undefined && readOnly === true
          }),
        ),
      ),
    breaks: [
      ({ deployment }) => delete containerOf(deployment).volumeMounts![0]!.readOnly,
      ({ deployment }) => (podOf(deployment).volumes!.at(-1)!.emptyDir = {}),
      ({ deployment }) => Object.assign(podOf(deployment).volumes![0]!, { secret: undefined, hostPath: { path: '/' } }),
    ],
  },
  {
    name: 'no privilege is there, and none can be had',
    isKept: (manifests) =>
      everywhere(
        ({ securityContext }) =>
          securityContext?.allowPrivilegeEscalation === false &&
          !securityContext.privileged &&
          isDeepStrictEqual(securityContext.capabilities, { drop: ['ALL'] }),
      )(manifests) &&
      podsOf(manifests).every(
        ({ securityContext, hostNetwork, hostPID, hostIPC }) =>
          securityContext?.seccompProfile?.type === 'RuntimeDefault' && !hostNetwork && !hostPID && !hostIPC,
      ),
    breaks: [
      ({ job }) => delete containerOf(job).securityContext!.allowPrivilegeEscalation,
      ({ deployment }) => (containerOf(deployment).securityContext!.privileged = true),
      ({ deployment }) => (containerOf(deployment).securityContext!.capabilities!.add = ['NET_BIND_SERVICE']),
      ({ deployment }) => (containerOf(deployment).securityContext!.capabilities!.drop = ['NET_RAW']),
      ({ job }) => delete podOf(job).securityContext!.seccompProfile,
      ({ deployment }) => (podOf(deployment).hostNetwork = true),
    ],
  },
  {
    name: 'no pod holds a key to the cluster, or is given variables that nobody wrote down',
    isKept: (manifests) =>
      podsOf(manifests).every(
        ({ automountServiceAccountToken, enableServiceLinks }) =>
          automountServiceAccountToken === false && enableServiceLinks === false,
      ),
    breaks: [
      ({ job }) => delete podOf(job).automountServiceAccountToken,
      ({ deployment }) => delete podOf(deployment).enableServiceLinks,
    ],
  },
  {
    name: 'memory has a request and a limit, the processor a request alone',
    isKept: everywhere(({ resources }) => {
      const { requests = {}, limits = {} } = resources ?? {}
      return Boolean(requests.memory && requests.cpu && limits.memory) && limits.cpu === undefined
    }),
    breaks: [
      ({ job }) => delete containerOf(job).resources,
      ({ deployment }) => delete containerOf(deployment).resources!.limits!.memory,
    ],
  },
  {
    name: 'the start and the life are asked of the process, and whether requests may come of the database too',
    isKept: ({ deployment }) => {
      const { startupProbe, livenessProbe, readinessProbe, ports = [] } = containerOf(deployment)
      const asks = (probe: IProbe | undefined, path: string) =>
        probe?.httpGet?.path === path &&
        // The two paths are open on any host; a name that is not served would only seem to be needed.
        !probe.httpGet.host &&
        !probe.httpGet.httpHeaders &&
        ports.some(({ name }) => name === probe.httpGet!.port)
      return asks(startupProbe, '/healthz') && asks(livenessProbe, '/healthz') && asks(readinessProbe, '/readyz')
    },
    breaks: [
      ({ deployment }) => delete containerOf(deployment).startupProbe,
      ({ deployment }) => (containerOf(deployment).livenessProbe!.httpGet!.path = '/readyz'),
      ({ deployment }) => (containerOf(deployment).readinessProbe!.httpGet!.path = '/healthz'),
      ({ deployment }) => (containerOf(deployment).readinessProbe!.httpGet!.port = 'web'),
    ],
  },
  {
    name: 'a pod has the time that its stop takes',
    isKept: ({ deployment }) => {
      const { terminationGracePeriodSeconds = 30 } = podOf(deployment)
      const { seconds = 0 } = containerOf(deployment).lifecycle?.preStop?.sleep ?? {}
      return terminationGracePeriodSeconds >= seconds + LONGEST_STOP / 1000 + MARGIN
    },
    breaks: [({ deployment }) => (podOf(deployment).terminationGracePeriodSeconds = 15)],
  },
]
