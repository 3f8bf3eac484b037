/** The address of a list of events with these filters. */
export function eventsWith(filter: Record<string, string>): string {
  return `/events?${new URLSearchParams({ filter: JSON.stringify(filter), displayedFilters: JSON.stringify(Object.fromEntries(Object.keys(filter).map((name) => [name, true]))) })}`
}

export function eventsOf(object: string): string {
  return eventsWith({ object })
}

/** The page of what an event is about, where there is one: `token:7` is `/tokens/7/show`. */
export function pageOf(object: string): string | undefined {
  const [, kind, id] = /^(token|user|group):(\d+)$/.exec(object) ?? []
  if (!kind) return undefined
  return kind === 'token' ? `/tokens/${id}/show` : `/${kind}s/${id}`
}
