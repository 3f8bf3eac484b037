/** What fields are called, by their names in the API; the others are called by these names, in words. */
export const fields = {
  created_at: 'Created',
  date_joined: 'Joined',
  empid: 'Employee number',
  empname: 'Name',
  expires_at: 'Expires',
  id: 'Number',
  last_login: 'Last sign-in here',
  last_used_at: 'Last used',
  // Filters are made of a field and an end.
  contains: '%{field} contains',
  least: '%{field} from',
  most: '%{field} up to',
  since: '%{field} since',
  until: '%{field} until',
} as const

/** What helps to fill a field in, where the API's own sentence is for programmers; by section and name. */
export const helps = {
  'employees.empid': 'A whole number that no other employee has.',
  'employees.empname': 'At most 20 characters.',
  'employees.salary': 'At most two decimals, such as 20000.00.',
  'users.email': 'May be left empty.',
  'users.is_active': 'Whoever may not sign in has no token that works, either.',
  'users.is_staff': 'Staff may enter this site.',
  'users.is_superuser': 'A superuser may do everything.',
  'users.password': 'At least 8 characters, none of the commonest, not the username.',
  'users.username': 'Letters, digits and @ . + - _ in any script, without spaces.',
} as const
