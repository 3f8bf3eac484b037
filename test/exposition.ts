/** What a text in Prometheus' format says, by the sample's name and labels as they are written. */
export type Samples = Map<string, number>

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABELS = '\\{[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"(?:,[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*")*\\}'
const SAMPLE = new RegExp(`^(${NAME})(${LABELS})? (-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?|[+-]Inf|NaN)$`)
const SUFFIXES: Record<string, string[]> = { histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] }

/**
 * Reads a text as strictly as Prometheus' text format 0.0.4 is written.
 * @throws when a line is none of it, stands in the wrong place, or a family, a sample or a histogram is not whole
 */
export function parseExposition(text: string): Samples {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const samples: Samples = new Map()
  const families = new Set<string>()
  let family = { name: '', type: '', help: '' }
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (kind === 'HELP') {
      if (families.has(name!)) throw new Error(`twice: ${line}`)
      families.add(name!)
      family = { name: name!, type: '', help: rest! }
    } else if (kind === 'TYPE') {
      if (name !== family.name || family.type) throw new Error(`not behind its HELP: ${line}`)
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest!)) throw new Error(`no type: ${line}`)
      family.type = rest!
    } else if (line !== '') {
      const [, metric, labels = '', value] = SAMPLE.exec(line) ?? []
      if (!metric) throw new Error(`no sample: ${line}`)
      if (!(SUFFIXES[family.type] ?? ['']).some((suffix) => metric === family.name + suffix))
        throw new Error(`not behind its TYPE: ${line}`)
      if (samples.has(metric + labels)) throw new Error(`twice: ${line}`)
      samples.set(metric + labels, Number(value!.replace('Inf', 'Infinity')))
    }
  }
  requireWholeHistograms(samples)
  return samples
}

/** The sum of a metric's samples with all of these labels. */
export function sumOf(samples: Samples, name: string, labels: Record<string, string> = {}): number {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return [...samples]
    .filter(([key]) => key.replace(/\{.*/s, '') === name && pairs.every((pair) => key.includes(pair)))
    .reduce((sum, [, value]) => sum + value, 0)
}

/** Its buckets never fall, and the last one is the count. */
function requireWholeHistograms(samples: Samples) {
  const last = new Map<string, { bound: number; value: number }>()
  for (const [key, value] of samples) {
    const [, bound] = /le="([^"]+)"/.exec(key) ?? []
    if (!bound) continue
    const histogram = key
      .replace(/,?le="[^"]+",?/, '')
      .replace('_bucket{', '_count{')
      .replace('{}', '')
    const before = last.get(histogram) ?? { bound: Number.NEGATIVE_INFINITY, value: 0 }
    const now = { bound: Number(bound.replace('Inf', 'Infinity')), value }
    if (now.bound <= before.bound || now.value < before.value) throw new Error(`out of order: ${key}`)
    last.set(histogram, now)
  }
  for (const [histogram, { bound, value }] of last)
    if (bound !== Number.POSITIVE_INFINITY || samples.get(histogram) !== value)
      throw new Error(`not whole: ${histogram}`)
}
