import { prefixOf } from '../platform/public-url.js'
import type { ResourceRequest } from './wire.js'

/** The `Location` of what was made, from its path as the document has it. */
export function locationOf({ app }: Pick<ResourceRequest, 'app'>, path: string): string {
  return prefixOf(app.locals.settings) + path
}
