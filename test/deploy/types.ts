import { join } from 'node:path'
import ts from 'typescript'
import type { Manifest } from './manifests.js'

/**
 * What is wrong with the objects by Kubernetes' own types. `validate` of `kubernetes-models` takes a field that it does not know,
 * such as `livenesProbe`, and Kubernetes drops it; TypeScript refuses one in a literal of a known type.
 */
export async function typeErrorsOf(objects: Manifest[]): Promise<string[]> {
  const invalid: string[] = []
  for (const object of objects) {
    const models = (await import(`kubernetes-models/${object.apiVersion}`)) as Record<string, Model>
    try {
      new models[object.kind]!(object).validate()
    } catch (error) {
      invalid.push(`${object.kind} ${object.metadata.name}: ${(error as Error).message}`)
    }
  }
  return [...invalid, ...unknownFields(objects)]
}

type Model = new (object: Manifest) => { validate(): void }

function unknownFields(objects: Manifest[]): string[] {
  const lines = objects.map(
    (object, index) =>
      `export const object${index}: import('kubernetes-models/${object.apiVersion}').I${object.kind} = ${JSON.stringify(object, null, 1)}`,
  )
  const file = join(process.cwd(), 'test/deploy/literals-of-manifests.ts')
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => name === file || fileExists(name)
  host.readFile = (name) => (name === file ? lines.join('\n') : readFile(name))
  host.getSourceFile = (name, language) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), language) : getSourceFile(name, language)
  const program = ts.createProgram([file], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
