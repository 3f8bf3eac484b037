// What a node remembers of many tokens, as a model: no clock, no database, the same numbers each time.

/** A whole number from 1 to `count`, where 1 is drawn most, 2 to the power of the exponent less, and so on. */
export type Draw = () => number

/**
 * Zipf's law, by rejection-inversion (W. Hörmann, G. Derflinger: Rejection-inversion to generate variates from monotone discrete
 * distributions, 1996): a draw takes the same time whatever the count is.
 */
export function zipf(count: number, exponent: number, random: () => number): Draw {
  const integral = (x: number) => (exponent === 1 ? Math.log(x) : (x ** (1 - exponent) - 1) / (1 - exponent))
  const inverse = (y: number) => (exponent === 1 ? Math.exp(y) : (1 + y * (1 - exponent)) ** (1 / (1 - exponent)))
  const weight = (x: number) => x ** -exponent
  const [first, last] = [integral(1.5) - 1, integral(count + 0.5)]
  const squeeze = 2 - inverse(integral(2.5) - weight(2))
  return () => {
    for (;;) {
      const y = last + random() * (first - last)
      const x = inverse(y)
      const drawn = Math.min(count, Math.max(1, Math.round(x)))
      if (drawn - x <= squeeze || y >= integral(drawn + 0.5) - weight(drawn)) return drawn
    }
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Use {
  tokens: number
  /** Of Zipf's law: 1 is usual; with less, the use is spread wider. */
  exponent: number
  /** Tokens that each node remembers. */
  remembered: number
  nodes: number
  /** Whether a request may reach any node, or its token says which. */
  routing: 'any node' | 'by token'
}

/**
 * The share of requests whose token a node remembers, once its memory is full. As there, who was looked up first makes room first,
 * however often it is used.
 * @param requests that a node gets, the first half of which fill its memory
 */
export function hitRate({ tokens, exponent, remembered, nodes, routing }: Use, requests: number): number {
  const draw = zipf(tokens, exponent, seeded(16))
  const known = new Uint8Array(tokens + 1)
  const ring = new Uint32Array(remembered)
  let [next, hits, counted] = [0, 0, 0]
  for (let request = 0; request < requests; ) {
    const token = draw()
    // All nodes are alike, so one of them stands for all.
    if (routing === 'by token' && nodeOf(token, nodes) !== 0) continue
    request++
    const isCounted = request > requests / 2
    if (isCounted) counted++
    if (known[token]) {
      if (isCounted) hits++
      continue
    }
    known[ring[next]!] = 0
    ring[next] = token
    known[token] = 1
    next = (next + 1) % remembered
  }
  return hits / counted
}

/** Milliseconds between two looks at the epoch, as `platform/database/epoch.ts` has it. */
const EVERY = 250

/**
 * Milliseconds from a revocation until every node refuses the token, for many revocations, in their order from fast to slow: each node
 * looks by a clock of its own.
 * @param look milliseconds that a look takes
 */
export function revocationDelays(nodes: number, look: number, count = 2000): number[] {
  const random = seeded(250)
  const delays = Array.from({ length: count }, () => {
    let last = 0
    for (let node = 0; node < nodes; node++) last = Math.max(last, random() * EVERY + look)
    return last
  })
  return delays.sort((a, b) => a - b)
}

/** Not by its remainder alone: the tokens that are used most are the first ones. */
function nodeOf(token: number, nodes: number): number {
  return (Math.imul(token, 0x9e3779b1) >>> 8) % nodes
}
