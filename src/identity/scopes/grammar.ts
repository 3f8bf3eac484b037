/** Safe in a path, in a header and in OAuth's `scope`. Each part has at most 63 characters, as labels of a host do (RFC 1035). */
export const SCOPE = /^[a-z][a-z0-9_-]{0,62}:[a-z][a-z0-9_-]{0,62}$/

export function isScope(text: string): boolean {
  return SCOPE.test(text)
}

export function resourceOf(scope: string): string {
  return scope.slice(0, scope.indexOf(':'))
}

/** Scopes are stored as OAuth writes them (RFC 6749, 3.3): as one text, separated by spaces. */
export function scopesOf(text: string): string[] {
  return text.split(' ').filter(Boolean).sort()
}

/** @returns the text for the database, without repetitions */
export function textOf(scopes: readonly string[]): string {
  return [...new Set(scopes)].sort().join(' ')
}

/** Two names with the same folded form are easily confused, by people and by programs that write `_` for `-`. */
export function folded(name: string): string {
  return name.replaceAll('_', '-')
}
