/** The part of a request of the Postman collection that the document cannot say. */
export interface Step {
  operationId: string
  /** Its name, where it is not the operation's summary. */
  name?: string
  /** The path as it is written, where it is not the document's. */
  path?: string
  /** Fields beside those of the examples; `undefined` leaves one out. */
  body?: Record<string, unknown>
  headers?: Record<string, string>
  /** Collection variables that are taken from the response, and where they stand in it. */
  keep?: Record<string, string>
  /** The expected status, where it is not the one of success. */
  status?: number
}

interface Detail extends Omit<Step, 'operationId' | 'path' | 'name'> {
  /** Its place in the folder, where the method does not tell it: see `RANKS`. */
  rank?: number
  /** Requests that this one needs to go ahead of it. */
  before?: Step[]
}

const CREDENTIALS = { username: '{{username}}', password: '{{password}}' }

/** The header that a browser sends with requests of the sites themselves. */
const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin' }

/** The README's seven steps, in its order. */
export const SEVEN_STEPS: Step[] = [
  { operationId: 'obtainToken', name: '1. Get a token', body: CREDENTIALS, keep: { token: '.token' } },
  { operationId: 'getApiRoot', name: '2. The root' },
  {
    operationId: 'createEmployee',
    name: '5. Create an employee',
    body: { empid: 101, empname: 'Srinu', salary: '20000' },
  },
  { operationId: 'listEmployees', name: '3. All employees' },
  { operationId: 'getEmployee', name: '4. One employee', path: '/api/emp_viewset/101' },
  {
    operationId: 'replaceEmployee',
    name: '6. Replace the employee',
    path: '/api/emp_viewset/101',
    body: { empid: 101, empname: 'Srinivas', salary: '21000.50' },
  },
  { operationId: 'deleteEmployee', name: '7. Delete the employee', path: '/api/emp_viewset/101' },
]

/** By operationId. The operations of a plain resource need nothing here. */
export const DETAILS: Record<string, Detail> = {
  obtainToken: { rank: -1, body: CREDENTIALS, keep: { token: '.token' } },
  createToken: { body: { user: undefined, expires_at: null }, keep: { tokens_value: '.token' } },
  rotateToken: { keep: { tokens_value: '.token' } },
  lookupToken: { body: { token: '{{token}}' } },
  // It comes after the last use, because reporting the caller's own token leaves none for the rest.
  reportToken: { rank: 5.5, body: { token: '{{tokens_value}}' } },

  // Not what somebody may have made by hand, and another one each time.
  createEmployee: { body: { empid: '{{$timestamp}}' } },
  replaceEmployee: { body: { empid: '{{emp_viewset_empid}}' } },
  updateEmployee: { body: { empid: '{{emp_viewset_empid}}' } },
  createGroup: { body: { name: 'postman-{{$timestamp}}' } },
  replaceGroup: { body: { name: 'postman-{{$timestamp}}' } },
  updateGroup: { body: { name: 'postman-{{$timestamp}}' } },
  createUser: { body: { username: 'postman-{{$timestamp}}', is_staff: true } },
  replaceUser: { body: { username: 'postman-{{$timestamp}}', is_staff: true } },
  updateUser: { body: { username: 'postman-{{$timestamp}}', is_staff: true }, keep: { users_username: '.username' } },

  checkToken: { before: [{ operationId: 'listScopes', keep: { checks_scope: '[0].name' } }] },
  createScope: { body: { name: 'postman-{{$timestamp}}:read' } },

  // Nobody makes an event by a request of its own.
  listEvents: { keep: { events_id: '[0].id' } },
  getEvent: { rank: 2.5 },

  createCurrentSession: { body: CREDENTIALS, headers: SAME_ORIGIN },
  deleteCurrentSession: { headers: SAME_ORIGIN },
  deleteSession: {
    before: [
      { operationId: 'createCurrentSession', name: 'Sign in once more', body: CREDENTIALS, headers: SAME_ORIGIN },
      { operationId: 'listSessions', name: 'See where', keep: { sessions_id: '[0].id' } },
    ],
  },

  setUserPassword: {
    body: { password: 'coffee-4-two-at-6', current_password: undefined, keep_personal_tokens: undefined },
  },
  listUserSessions: {
    rank: 5.5,
    before: [
      {
        operationId: 'createCurrentSession',
        name: 'Sign in to the sites as that user',
        body: { username: '{{users_username}}', password: 'coffee-4-two-at-6' },
        headers: SAME_ORIGIN,
      },
    ],
    keep: { sessions_session: '[0].id' },
  },
  // There is a superuser already, so no link of a start works.
  createFirstSuperuser: { rank: -1, status: 409 },
  // Only a page that is opened by the link has what follows `#password=` by itself.
  setPasswordByLink: { rank: 5.2, status: 400 },
}
