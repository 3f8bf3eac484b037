import Negotiator from 'negotiator'

/**
 * @param kept the encodings that a response can have, the smallest first
 * @returns the first of these that the client accepts
 */
export function encodingFor<Kept extends 'br' | 'gzip'>(
  acceptEncoding: string | undefined,
  kept: readonly Kept[],
): Kept | 'identity' {
  const headers = { 'accept-encoding': acceptEncoding ?? 'identity' }
  const taken = new Negotiator({ headers }).encodings([...kept])
  return kept.find((encoding) => taken.includes(encoding)) ?? 'identity'
}
