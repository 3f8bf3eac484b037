import type { Includeable, Model, ModelStatic } from 'sequelize'

/** What `resource(…)` was told about a resource. Commands that read or write many rows need it, without a request. */
export interface KnownResource {
  model: ModelStatic<Model>
  /** Associations that the view needs. */
  include?: Includeable[]
  /** What the API shows of a row. The row may be an instance, or plain data that was read without the model. */
  view: (row: object) => Record<string, unknown>
  /** The noun for a row, in the sentence about a value that is taken. */
  noun: string
  /** Whether `visible` decides who may see a row. A row of the history does not say this. */
  isRestricted: boolean
}

/**
 * By the name that a resource has everywhere: in its table, tag, scopes and folder. Controllers fill the map when they are
 * loaded.
 */
export const knownResources = new Map<string, KnownResource>()
