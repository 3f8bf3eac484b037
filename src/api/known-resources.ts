import type { Includeable, Model, ModelStatic } from 'sequelize'

/** A resource as `resource(…)` was told of it: what reads and writes many rows needs, without a request. */
export interface KnownResource {
  model: ModelStatic<Model>
  /** Associations that the view needs. */
  include?: Includeable[]
  /** What the API shows of a row, of an instance or of what was read by itself. */
  view: (row: object) => Record<string, unknown>
  /** What a row is called in the sentence for a value that is taken. */
  noun: string
  /** Whether `visible` says who may see a row, which a row of its history does not know. */
  isRestricted: boolean
}

/** By the word that finds everything about a resource: its table, tag, scope and folder. Controllers fill it as they are loaded. */
export const knownResources = new Map<string, KnownResource>()
