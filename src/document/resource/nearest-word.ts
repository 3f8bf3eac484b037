import { distance } from '../../platform/nearest.js'

/** Other tools' names for our types. */
const ALSO: Record<string, string> = {
  string: 'text',
  varchar: 'text',
  char: 'text',
  int: 'integer',
  number: 'integer',
  smallint: 'integer',
  numeric: 'decimal',
  money: 'decimal',
  float: 'decimal',
  double: 'decimal',
  bool: 'boolean',
  day: 'date',
  datetime: 'time',
  timestamp: 'time',
  instant: 'time',
  choice: 'enum',
  choices: 'enum',
}

/** @returns nothing if a third of the letters would differ */
export function nearest(word: string, known: string[]): string | undefined {
  const lower = word.toLowerCase()
  if (Object.hasOwn(ALSO, lower) && known.includes(ALSO[lower]!)) return ALSO[lower]
  const begun = known.find((name) => lower.length > 2 && name.startsWith(lower))
  if (begun) return begun
  const [best] = known.map((name) => ({ name, letters: distance(lower, name) })).sort((a, b) => a.letters - b.letters)
  return best && best.letters <= Math.max(1, Math.floor(lower.length / 3)) ? best.name : undefined
}
