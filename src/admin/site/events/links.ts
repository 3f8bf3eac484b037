/** The address of a list with these filters. */
export function listOf(section: string, filter: Record<string, unknown>): string {
  const shown = Object.fromEntries(Object.keys(filter).map((name) => [name, true]))
  return `/${section}?${new URLSearchParams({ filter: JSON.stringify(filter), displayedFilters: JSON.stringify(shown) })}`
}

export function eventsOf(object: string): string {
  return listOf('events', { object })
}

/** The page of the object of an event, if there is one: `token:7` is `/tokens/7/show`. */
export function pageOf(object: string): string | undefined {
  const [, scope] = /^scope:([a-z0-9_:-]+)$/.exec(object) ?? []
  if (scope) return `/scopes/${encodeURIComponent(scope)}/show`
  const [, kind, id] = /^(token|user|group):(\d+)$/.exec(object) ?? []
  if (!kind) return undefined
  return kind === 'token' ? `/tokens/${id}/show` : `/${kind}s/${id}`
}
