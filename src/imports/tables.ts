import {
  addKnox,
  addToken,
  type DjangoOptions,
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

export interface Table {
  name: string
  columns: string[]
  /** The column of its primary key; absent where there is none or it is of several. */
  key: string | undefined
  /** The tables that its columns refer to. */
  references: { column: string; table: string }[]
}

/** A database that Django keeps its rows in, at one moment. */
export interface Tables {
  list: () => Promise<Table[]>
  /** All rows, some at a time. */
  rows: (table: Table, columns: string[]) => AsyncIterable<Row[]>
}

/** Columns of the users that are wanted, where they are there. */
const OF_USERS = ['email', 'password', 'is_active', 'is_staff', 'is_superuser', 'date_joined', 'last_login']

/** @throws {SourceError} when it is none of Django's, or the operator has to say which table has the users */
export async function readTables(database: Tables, options: DjangoOptions): Promise<Project> {
  const all = await database.list()
  const named = new Map(all.map((table) => [table.name.toLowerCase(), table]))
  const users = usersAmong(all, options)
  const project = emptyProject(options)
  const links = async (table: Table | undefined, from: string, to: string) => {
    const found = new Map<string, Reference[]>()
    const names = new Shared<Reference>()
    if (table)
      for await (const rows of database.rows(table, [from, to]))
        for (const row of rows) {
          const key = text(row[from])
          const name = text(row[to])
          const reference = names.of(name, () => `key ${name}`)
          const list = found.get(key)
          if (list) list.push(reference)
          else found.set(key, [reference])
        }
    return (key: unknown) => found.get(text(key)) ?? NONE
  }
  const linkTo = async (target: string) => {
    const table = all.find(
      ({ references }) =>
        references.length === 2 &&
        references.some((reference) => reference.table === users.name) &&
        references.some((reference) => reference.table === target),
    )
    const columnOf = (name: string) => table?.references.find((reference) => reference.table === name)?.column ?? ''
    return links(table, columnOf(users.name), columnOf(target))
  }
  const [groupsOf, permissionsOf] = [await linkTo('auth_group'), await linkTo('auth_permission')]
  const usernameField = usernameFieldOf(users.columns, options)
  const wanted = [...new Set([users.key!, usernameField, ...OF_USERS])].filter((name) => users.columns.includes(name))
  for await (const rows of database.rows(users, wanted))
    for (const row of rows) {
      const key = row[users.key!]
      project.users.push(userOf(row, { key, usernameField, groups: groupsOf(key), permissions: permissionsOf(key) }))
    }
  const each = async (name: string, columns: string[], use: (row: Row) => void) => {
    const table = named.get(name)
    if (!table) return
    for await (const rows of database.rows(
      table,
      columns.filter((column) => table.columns.includes(column)),
    ))
      for (const row of rows) use(row)
  }
  const inGroup = await links(named.get('auth_group_permissions'), 'group_id', 'permission_id')
  await each('auth_group', ['id', 'name'], ({ id, name }) =>
    project.groups.push({ key: keyText(id), name: text(name), permissions: inGroup(id) }),
  )
  const types = new Map<string, string>()
  await each('django_content_type', ['id', 'app_label', 'model'], ({ id, app_label, model }) =>
    types.set(text(id), `${app_label}.${model}`),
  )
  await each('auth_permission', ['id', 'codename', 'content_type_id'], ({ id, codename, content_type_id }) =>
    project.permissions.push({ key: keyText(id), codename: text(codename), about: types.get(text(content_type_id)) }),
  )
  await each('authtoken_token', ['key', 'created', 'user_id'], (row) =>
    addToken(project, `key ${text(row.user_id)}`, row),
  )
  await each('knox_authtoken', ['digest', 'salt', 'created', 'user_id', 'expiry', 'expires', 'token_key'], (row) =>
    addKnox(project, `key ${text(row.user_id)}`, row),
  )
  await each('rest_framework_api_key_apikey', ['name'], ({ name }) => project.apiKeys.push({ name: text(name) }))
  for (const wish of options.tables) {
    const table = named.get(wish.toLowerCase()) ?? named.get(wish.toLowerCase().replace('.', '_'))
    if (!table) throw new SourceError(`the source has no table ${JSON.stringify(wish)}`)
    if (!table.key) throw new SourceError(`the table ${JSON.stringify(wish)} has no primary key of one column`)
    for await (const rows of database.rows(table, table.columns))
      project.rows.get(wish)!.push(...rows.map((values) => ({ key: text(values[table.key!]), values })))
  }
  return project
}

/** The table with the users: the one that is named, or that tokens refer to, or the only one that can be. */
function usersAmong(all: Table[], { userModel }: DjangoOptions): Table {
  const candidates = all.filter(({ columns, key }) => key !== undefined && isUserModel(columns))
  if (userModel !== undefined) {
    const wished = [userModel.toLowerCase(), userModel.toLowerCase().replace('.', '_')]
    const found = candidates.find(({ name }) => wished.includes(name.toLowerCase()))
    if (found) return found
    throw new SourceError('--user-model names no table of users: it needs the columns password and last_login')
  }
  const referred = all
    .filter(({ name }) => ['authtoken_token', 'knox_authtoken'].includes(name))
    .flatMap(({ references }) => references.map(({ table }) => table))
  const [first, ...others] = candidates.filter(({ name }) => referred.includes(name) || candidates.length === 1)
  if (first && others.length === 0) return first
  if (candidates.length === 0)
    throw new SourceError('the source is no database of Django: no table has the columns password and last_login')
  const names = candidates.map(({ name }) => name).join(', ')
  throw new SourceError(`several tables may be that of the users (${names}): say which by --user-model`)
}
