/**
 * The value of a DEFAULT, in the form of the command line.
 * @param kind of the field, as on the command line
 * @returns nothing for an expression that is not a plain value
 */
export function defaultIn(expression: string, kind: string): string | undefined {
  const text = expression
    .trim()
    .replace(/^\((.*)\)$/s, '$1')
    .replace(/::[\w ."]+(\(\d+(,\d+)?\))?$/, '')
    .replace(/^\((-?[\d.]+)\)$/, '$1')
  const value =
    /^'((?:[^']|'')*)'$/s.exec(text)?.[1]?.replaceAll("''", "'") ??
    (/^(-?[\d.]+|true|false)$/i.test(text) ? text : undefined)
  if (value === undefined) return undefined
  if (kind === 'boolean') return BOOLEANS[value.toLowerCase()]
  if (kind.startsWith('integer')) return /^-?\d+(\.0*)?$/.test(value) ? String(Number(value)) : undefined
  return value
}

const BOOLEANS: Record<string, string> = { 1: 'true', t: 'true', true: 'true', 0: 'false', f: 'false', false: 'false' }
