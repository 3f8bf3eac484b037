import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IDeployment } from 'kubernetes-models/apps/v1'
import type { IJob } from 'kubernetes-models/batch/v1'
import type { IIngress, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type { IConfigMap, INamespace, IPodSpec, ISecret, IService } from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'

const FOLDER = 'deploy/kubernetes'

/** Any object that Kubernetes is given. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string }
}

/** What deploy/kubernetes says, by kind. */
export interface Manifests {
  namespace: INamespace
  settings: IConfigMap
  job: IJob
  deployment: IDeployment
  service: IService
  ingress: IIngress
  policy: INetworkPolicy
  budget: IPodDisruptionBudget
  /** The template, which is not applied with the others. */
  secrets: ISecret[]
}

/** As far as it is used here. */
interface Kustomization {
  apiVersion: string
  kind: string
  namespace: string
  resources: string[]
  images: { name: string; newName: string; newTag: string }[]
}

const KINDS = {
  namespace: 'Namespace',
  settings: 'ConfigMap',
  job: 'Job',
  deployment: 'Deployment',
  service: 'Service',
  ingress: 'Ingress',
  policy: 'NetworkPolicy',
  budget: 'PodDisruptionBudget',
}

/**
 * What `kubectl kustomize deploy/kubernetes` prints, and the template of the secrets.
 * @throws at a field of kustomization.yaml that is not known here, and where there is not one of each kind
 */
export async function readManifests(): Promise<Manifests> {
  const [kustomization] = (await documentsOf('kustomization.yaml')) as [Kustomization]
  const { namespace, resources, images, apiVersion: _, kind: __, ...others } = kustomization
  if (Object.keys(others).length > 0) throw new Error(`kustomization.yaml: ${Object.keys(others)} is unknown here`)
  const objects = (await Promise.all(resources.map(documentsOf))).flat() as Manifest[]
  for (const { kind, metadata } of objects) if (kind !== 'Namespace') metadata.namespace = namespace
  const all = Object.entries(KINDS).map(([name, kind]) => {
    const [object, ...more] = objects.filter((object) => object.kind === kind)
    if (!object || more.length > 0) throw new Error(`there is not one ${kind}`)
    return [name, object]
  })
  if (objects.length !== all.length) throw new Error('an object is of a kind that is unknown here')
  const manifests: Manifests = { ...Object.fromEntries(all), secrets: await documentsOf('secrets.yaml') }
  for (const { containers } of podsOf(manifests))
    for (const container of containers) {
      const { newName, newTag } = images.find(({ name }) => name === container.image)!
      container.image = `${newName}:${newTag}`
    }
  return manifests
}

/** Of the Deployment and of the Job. */
export function podsOf({ deployment, job }: Manifests): [server: IPodSpec, migration: IPodSpec] {
  return [deployment.spec!.template.spec!, job.spec!.template.spec!]
}

export function objectsOf({ secrets, ...others }: Manifests): Manifest[] {
  return [...Object.values(others), ...secrets] as Manifest[]
}

async function documentsOf(name: string): Promise<unknown[]> {
  const text = await readFile(join(FOLDER, name), 'utf8')
  return parseAllDocuments(text, { merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors[0]!.message}`)
    return document.toJS()
  })
}
