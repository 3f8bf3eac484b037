import { open, seal } from '../../platform/keys.js'
import { digestOf } from './value.js'

/** Which row a sealed value belongs to. */
interface Place {
  id: number
  userId: number
}

interface Sealed {
  sealed: string
  sealedKey: string
}

/** The value under the first server key; `keys rotate` seals anew what an older one sealed. */
export function sealValue(value: string, place: Place): Sealed {
  const { sealed, keyId } = seal(value, textOf(place))
  return { sealed, sealedKey: keyId }
}

/**
 * The value of an account token.
 * @throws {HttpError} 503 when this node lacks the key
 * @throws when the sealed copy was changed or moved
 */
export function openValue(token: Place & { sealed: string | null; sealedKey: string | null; digest: string }): string {
  const value = open(token.sealed!, token.sealedKey!, textOf(token))
  if (digestOf(value) === token.digest) return value
  throw new Error(`the sealed value of token ${token.id} is not the one that its digest was made of`)
}

/** What a sealed value is bound to, so that a copy in another row opens nothing. */
function textOf({ id, userId }: Place): string {
  return `tokens ${id} ${userId}`
}
