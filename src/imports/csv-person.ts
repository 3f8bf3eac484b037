import { EVERYONE } from '../identity/groups/group.js'
import { checkedEmail, checkedName, folded } from '../identity/users/profile.js'
import { type FieldErrors, HttpError } from '../platform/failures.js'
import { hasUnseen, plainName } from '../platform/names.js'
import { timeOf } from '../platform/times.js'
import { truthOfCell } from './csv-cells.js'
import type { Columns, CsvRow } from './csv-form.js'
import { listOfCell } from './csv-list.js'
import { labelOf } from './csv-report.js'
import type { Fresh } from './people.js'

const PASSWORD =
  'a CSV has no passwords: they would lie about in the clear; leave the column out, and set them by `latchkey user password`'

/** The columns that the API shows of a user, and so those of an export. */
export const USER_COLUMNS: Columns = {
  known: ['id', 'username', 'email', 'is_active', 'is_staff', 'is_superuser', 'groups', 'date_joined', 'last_login'],
  required: ['username'],
  refused: { password: PASSWORD },
}

/** As a row of the table has them, and Django's. */
const LONGEST = 150

/** The user that a line of a file describes. */
export interface ReadPerson {
  person: Fresh
  /** Errors by column. With errors, the line is not imported. */
  errors: FieldErrors
  /** Values that are accepted although a new name with them would be refused. */
  remarks: string[]
}

/** Makes a user from a line. Empty cells have the defaults of a new user. */
export function personOf({ line, cells }: CsvRow): ReadPerson {
  const errors: FieldErrors = {}
  const read = <Value>(column: string, make: (cell: string) => Value): Value | undefined => {
    const cell = cells[column] ?? ''
    if (cell === '') return undefined
    try {
      return make(cell)
    } catch (error) {
      errors[column] = [sentenceOf(error, column)]
      return undefined
    }
  }
  const username = plainName(cells.username ?? '')
  if (username === '') errors.username = ['This field may not be blank.']
  if ([...username].length > LONGEST) errors.username = [`Ensure this field has no more than ${LONGEST} characters.`]
  const groups = read('groups', groupsOfCell) ?? []
  const person = {
    origin: read('id', idOfCell) ?? '',
    label: labelOf(line),
    username,
    usernameFolded: folded(username),
    email: read('email', checkedEmail) ?? '',
    isActive: read('is_active', truthOf) ?? true,
    isStaff: read('is_staff', truthOf) ?? false,
    isSuperuser: read('is_superuser', truthOf) ?? false,
    dateJoined: read('date_joined', timeOfCell),
    lastLogin: read('last_login', timeOfCell),
    groups,
    tokens: [],
  }
  const remarks = [
    username !== '' && !isNew(username) && 'its name breaks the rule for new names, and is kept as it is',
    username !== (cells.username ?? '') && 'its name came without the spaces around it, and in the normal form C',
    groups.some(hasUnseen) && 'a group has characters that cannot be seen in its name',
  ]
  return { person, errors, remarks: remarks.filter((remark) => remark !== false) }
}

function isNew(username: string): boolean {
  try {
    checkedName(username)
    return true
  } catch {
    return false
  }
}

/** A name may be that of any group here, or any name that was allowed in the service that it came from. */
function groupsOfCell(cell: string): string[] {
  const names = listOfCell(cell).map(plainName)
  for (const name of names) {
    if (name === '') throw new Error('A name may not be blank.')
    if ([...name].length > LONGEST) throw new Error(`Ensure that no name has more than ${LONGEST} characters.`)
    if (name !== EVERYONE && name.normalize('NFKC').toLowerCase() === EVERYONE)
      throw new Error('A name looks like that of the built-in group.')
  }
  return [...new Set(names)].filter((name) => name !== EVERYONE)
}

function truthOf(cell: string): boolean {
  const truth = truthOfCell(cell)
  if (truth === undefined) throw new Error('Must be a valid boolean.')
  return truth
}

function timeOfCell(cell: string): number {
  const time = timeOf(cell)
  if (!time) throw new Error('Enter a time such as 2027-01-31T12:00:00Z.')
  return time.getTime()
}

function idOfCell(cell: string): string {
  if (!/^[1-9]\d{0,9}$/.test(cell) || Number(cell) > 2_147_483_647) throw new Error('A valid id is required.')
  return cell
}

function sentenceOf(error: unknown, column: string): string {
  return (error instanceof HttpError && error.extras.errors?.[column]?.[0]) || (error as Error).message
}
