import type fc from 'fast-check'
import type { Operation } from '../document.js'
import { BODY_MUTATIONS } from './bodies.js'
import { HEADER_MUTATIONS } from './headers.js'
import type { Known } from './known.js'
import { URL_MUTATIONS } from './urls.js'

/** A request in the making. */
export interface Draft {
  operation: Operation
  draw: <T>(arbitrary: fc.Arbitrary<T>) => T
  method: string
  path: string
  /** Of the object that the path ends with. */
  id?: number
  query: [string, string][]
  headers: Record<string, string>
  json?: Record<string, unknown>
  body?: Uint8Array
}

export type Mutation = (draft: Draft, known: Known, draw: Draft['draw']) => void

/** What is done to a request that was valid. */
export const MUTATIONS: Mutation[] = [...URL_MUTATIONS, ...HEADER_MUTATIONS, ...BODY_MUTATIONS]
