import {
  addKnox,
  addToken,
  type DjangoOptions,
  type DjangoUser,
  emptyProject,
  isUserModel,
  keyText,
  NONE,
  type Project,
  type Reference,
  type Row,
  Shared,
  SourceError,
  text,
  usernameFieldOf,
  userOf,
} from './django.js'
import { BrokenDump, recordsOf } from './dump-records.js'

/** A record of dumpdata. */
interface DumpedRecord {
  model: string
  /** Absent with --natural-primary, if the model has a natural key. */
  pk?: unknown
  fields: Row
}

/**
 * Reads the output of `manage.py dumpdata` as a stream. It is never whole in memory.
 * @param form an array of records, or a record a line
 * @throws {SourceError} if it is incomplete or not from dumpdata, or if the operator has to say which model has the users
 */
export async function readDump(
  bytes: AsyncIterable<Uint8Array>,
  form: 'array' | 'lines',
  options: DjangoOptions,
): Promise<Project> {
  const dump = new Dump(options)
  let count = 0
  try {
    for await (const records of recordsOf(bytes, form))
      for (const record of records) {
        const refusal = dump.add(record)
        if (refusal) throw refusal
        count++
      }
  } catch (error) {
    if (!(error instanceof BrokenDump)) throw error
    throw new SourceError(`the dump is broken, or breaks off, after ${count} records`)
  }
  return dump.project()
}

/** Users of one model. */
interface Candidates {
  users: DjangoUser[]
  columns: string[]
  usernameField: string | undefined
}

class Dump {
  private readonly found: Project
  private readonly candidates = new Map<string, Candidates>()
  private readonly types = new Map<string, string>()
  private readonly permissionTypes: (string | undefined)[] = []
  private readonly lists = new Shared<Reference[]>()

  constructor(private readonly options: DjangoOptions) {
    this.found = emptyProject(options)
  }

  /** @returns why it is not taken */
  add(record: unknown): SourceError | undefined {
    if (!isRecord(record)) return new SourceError('the source is JSON, but none that dumpdata writes')
    const { pk, fields } = record
    const model = record.model.toLowerCase()
    this.addWanted(model, record)
    switch (model) {
      case 'auth.group':
        this.found.groups.push({
          key: keyText(pk),
          name: text(fields.name),
          permissions: this.references(fields.permissions),
        })
        break
      case 'contenttypes.contenttype':
        this.types.set(text(pk), `${fields.app_label}.${fields.model}`)
        break
      case 'auth.permission':
        this.addPermission(pk, fields)
        break
      case 'authtoken.token':
        addToken(this.found, reference(fields.user), { ...fields, key: fields.key ?? pk })
        break
      case 'knox.authtoken':
        addKnox(this.found, reference(fields.user), { ...fields, digest: fields.digest ?? pk })
        break
      case 'rest_framework_api_key.apikey':
        this.found.apiKeys.push({ name: text(fields.name) })
        break
      default:
        if (isUserModel(Object.keys(fields))) this.addUser(model, pk, fields)
    }
    return undefined
  }

  /** @throws {SourceError} when the operator has to say which model has the users, or what they sign in with */
  project(): Project {
    const { users, columns } = this.chosen()
    if (users.length > 0) usernameFieldOf(columns, this.options)
    const permissions = this.found.permissions.map((permission, index) => ({
      ...permission,
      about: permission.about ?? this.types.get(this.permissionTypes[index] ?? ''),
    }))
    return { ...this.found, users, permissions }
  }

  private addWanted(model: string, { pk, fields }: DumpedRecord) {
    for (const wish of this.options.tables)
      if (isCalled(model, wish)) this.found.rows.get(wish)!.push({ key: text(pk), values: fields })
  }

  private addPermission(pk: unknown, { codename, content_type }: Row) {
    const about = Array.isArray(content_type) ? content_type.join('.') : undefined
    this.permissionTypes.push(about === undefined ? text(content_type) : undefined)
    this.found.permissions.push({ key: keyText(pk), codename: text(codename), about })
  }

  private addUser(model: string, pk: unknown, fields: Row) {
    const { userModel, usernameField: wished } = this.options
    if (userModel !== undefined && !isCalled(model, userModel)) return
    let known = this.candidates.get(model)
    if (!known) {
      const columns = Object.keys(fields)
      const usernameField = [wished, 'username', 'email'].find((name) => name !== undefined && columns.includes(name))
      known = { users: [], columns, usernameField }
      this.candidates.set(model, known)
    }
    const groups = this.references(fields.groups)
    const permissions = this.references(fields.user_permissions)
    const usernameField = known.usernameField ?? ''
    known.users.push(userOf(fields, { key: pk, usernameField, groups, permissions }))
  }

  private references(value: unknown): Reference[] {
    if (!Array.isArray(value) || value.length === 0) return NONE
    return this.lists.of(JSON.stringify(value), () => value.map(reference))
  }

  private chosen(): Candidates {
    const [first, ...others] = [...this.candidates]
    if (first && others.length === 0) return first[1]
    if (first)
      throw new SourceError(
        `several models may be that of the users (${[...this.candidates.keys()].join(', ')}): say which by --user-model`,
      )
    if (this.options.userModel !== undefined)
      throw new SourceError(
        '--user-model names no model of users in the dump: it needs the fields password and last_login',
      )
    return { users: [], columns: [], usernameField: undefined }
  }
}

/** Whether a model, or its table as Django names it, is what an operator calls it. */
function isCalled(model: string, name: string): boolean {
  return [model, model.replace('.', '_')].includes(name.toLowerCase())
}

function isRecord(value: unknown): value is DumpedRecord {
  if (typeof value !== 'object' || value === null) return false
  const { model, fields } = value as Partial<DumpedRecord>
  return typeof model === 'string' && typeof fields === 'object' && fields !== null
}

/** By a key, or by a natural key, which is a list. */
function reference(value: unknown): Reference {
  return Array.isArray(value) ? `name ${value.join(' ')}` : `key ${text(value)}`
}
