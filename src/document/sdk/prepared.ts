/** What a generator needs of the document beyond what the document says. */
export interface Additions {
  /** Extensions of OpenAPI that each operation gets. */
  extensions?: Record<string, unknown>
  /** How the language writes the names in an enumeration: `SALARY_DESCENDING`, if nothing is said, or `SalaryDescending`. */
  enumNames?: keyof typeof SPELLINGS
}

interface Operation {
  security?: Record<string, string[]>[]
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { 'x-enum-varnames'?: string[] }>; securitySchemes: Record<string, unknown> }
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete']

/**
 * The document as the generators of clients are given it: with the security scheme `Token` alone. Where an operation has a choice of
 * schemes, they send every one that they know, and some fail on a cookie. An operation that only a session opens is left out,
 * because cookies are for the sites alone.
 * @param document the finished one, which is left as it is
 */
export function prepared(document: object, { extensions, enumNames = 'UPPER_CASE' }: Additions): object {
  const copy = structuredClone(document) as Document
  for (const path of Object.values(copy.paths))
    for (const [method, operation] of Object.entries(path)) {
      if (!METHODS.includes(method)) continue
      Object.assign(operation, extensions)
      if (!operation.security?.length) continue
      operation.security = operation.security.filter((schemes) => 'Token' in schemes)
      if (operation.security.length === 0) delete path[method]
    }
  const { schemas, securitySchemes } = copy.components
  copy.components.securitySchemes = { Token: securitySchemes.Token }
  for (const schema of Object.values(schemas))
    if (schema['x-enum-varnames']) schema['x-enum-varnames'] = schema['x-enum-varnames'].map(SPELLINGS[enumNames])
  return copy
}

const SPELLINGS = {
  UPPER_CASE: (name: string) => name.toUpperCase(),
  PascalCase: (name: string) => name.replace(/(?:^|_)(\w)/g, (_, first: string) => first.toUpperCase()),
}
