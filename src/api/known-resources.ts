import type { Model, ModelStatic } from 'sequelize'

/** A resource as `resource(…)` was told of it: what reads and writes many rows needs, without a request. */
export interface KnownResource {
  model: ModelStatic<Model>
  /** Associations that the view needs. */
  include?: string[]
  /** What the API shows of a row, of an instance or of what was read by itself. */
  view: (row: object) => Record<string, unknown>
  /**
   * What is stored of a body that its wire type has let through.
   * @throws {HttpError} 400
   */
  stored: (body: object) => Record<string, unknown>
  /** The column whose values are unique beside the key, and the sentence for one that is taken. */
  taken?: [field: string, sentence: string]
}

/** By the word that finds everything about a resource: its table, tag, scope and folder. Controllers fill it as they are loaded. */
export const knownResources = new Map<string, KnownResource>()
