import Negotiator from 'negotiator'

/** What a thing that is compressed once is kept in. */
export type Encoding = 'br' | 'gzip' | 'identity'

/** @returns the smallest that a client takes */
export function encodingFor(acceptEncoding: string | undefined): Encoding {
  const headers = { 'accept-encoding': acceptEncoding ?? 'identity' }
  const taken = new Negotiator({ headers }).encodings(['br', 'gzip'])
  return (['br', 'gzip'] as const).find((encoding) => taken.includes(encoding)) ?? 'identity'
}
