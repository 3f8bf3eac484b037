import { prefixOf } from '../platform/public-url.js'
import type { ResourceRequest } from './wire.js'

/** The `Location` of a new object, from its path in the document. */
export function locationOf({ app }: Pick<ResourceRequest, 'app'>, path: string): string {
  return prefixOf(app.locals.settings) + path
}
