interface Operation {
  security?: Record<string, string[]>[]
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: Record<string, unknown> }
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete']

/**
 * The document as the generators of clients are given it: with the security scheme `Token` alone. Where an operation has a choice of
 * schemes, they send every one that they know, and some fail on a cookie. An operation that only a session opens is left out,
 * because cookies are for the sites alone.
 * @param document the finished one, which is left as it is
 * @param extensions that each operation gets
 */
export function prepared(document: object, extensions: Record<string, unknown>): object {
  const copy = structuredClone(document) as Document
  for (const path of Object.values(copy.paths))
    for (const [method, operation] of Object.entries(path)) {
      if (!METHODS.includes(method)) continue
      Object.assign(operation, extensions)
      if (!operation.security?.length) continue
      operation.security = operation.security.filter((schemes) => 'Token' in schemes)
      if (operation.security.length === 0) delete path[method]
    }
  const { Token } = copy.components.securitySchemes
  copy.components.securitySchemes = { Token }
  return copy
}
