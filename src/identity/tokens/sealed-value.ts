import { open, seal } from '../../platform/keys.js'
import { digestOf } from './value.js'

/** The row that a sealed value belongs to. */
interface Place {
  id: number
  userId: number
}

interface Sealed {
  sealed: string
  sealedKey: string
}

/** Seals a value under the first server key. `keys rotate` seals older ones again. */
export function sealValue(value: string, place: Place): Sealed {
  const { sealed, keyId } = seal(value, textOf(place))
  return { sealed, sealedKey: keyId }
}

/**
 * The value of an account token.
 * @throws {HttpError} 503 if this node lacks the key
 * @throws if the sealed copy was changed or moved
 */
export function openValue(token: Place & { sealed: string | null; sealedKey: string | null; digest: string }): string {
  const value = open(token.sealed!, token.sealedKey!, textOf(token))
  if (digestOf(value) === token.digest) return value
  throw new Error(`the sealed value of token ${token.id} is not the one that its digest was made of`)
}

/** What a sealed value is bound to. A copy in another row opens nothing. */
function textOf({ id, userId }: Place): string {
  return `tokens ${id} ${userId}`
}
