/** Safe in a path, in a header and in OAuth's `scope`; of 63 characters each, as labels of a host (RFC 1035). */
export const SCOPE = /^[a-z][a-z0-9_-]{0,62}:[a-z][a-z0-9_-]{0,62}$/

export function isScope(text: string): boolean {
  return SCOPE.test(text)
}

export function resourceOf(scope: string): string {
  return scope.slice(0, scope.indexOf(':'))
}

/** Scopes are kept as OAuth writes them (RFC 6749, 3.3): one text, separated by spaces. */
export function scopesOf(text: string): string[] {
  return text.split(' ').filter(Boolean).sort()
}

/** @returns the text for the database, without repetitions */
export function textOf(scopes: readonly string[]): string {
  return [...new Set(scopes)].sort().join(' ')
}

/** Two names of the same are taken for one another by people, and by programs that write `_` for `-`. */
export function folded(name: string): string {
  return name.replaceAll('_', '-')
}
