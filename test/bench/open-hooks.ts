interface Resolved {
  url: string
  shortCircuit?: boolean
}

/** @see https://nodejs.org/docs/latest-v20.x/api/module.html#resolvespecifier-context-nextresolve */
export async function resolve(
  specifier: string,
  context: { parentURL?: string },
  next: (specifier: string, context: object) => Promise<Resolved>,
): Promise<Resolved> {
  const isHook = specifier.endsWith('/authentication.js') && context.parentURL?.endsWith('/build/routes.js')
  return isHook
    ? { url: new URL('open-authentication.js', import.meta.url).href, shortCircuit: true }
    : next(specifier, context)
}
