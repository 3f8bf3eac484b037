import type { IContainer, IPodSpec } from 'kubernetes-models/v1'
import { type Manifests, podsOf } from './manifests.js'

/** What deploy/kubernetes keeps to, beyond what Kubernetes' types say. */
export interface Rule {
  name: string
  isKept: (manifests: Manifests) => boolean
  /** Each changes what the rule is about, so that it is seen to find it. */
  breaks: ((manifests: Manifests) => void)[]
}

/** Whether it holds for the containers of all pods. */
export function everywhere(holds: (container: IContainer) => boolean): Rule['isKept'] {
  return (manifests) => podsOf(manifests).every(({ containers }) => containers.every(holds))
}

export function podOf({ spec }: Manifests['deployment'] | Manifests['job']): IPodSpec {
  return spec!.template.spec!
}

/** The container that serves, or migrates. */
export function containerOf(object: Manifests['deployment'] | Manifests['job']): IContainer {
  return podOf(object).containers[0]!
}
