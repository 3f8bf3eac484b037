import { holds, rows } from '../contract/holds.js'
import { takeImported, takeNoImported } from '../imported.js'

describe('the contract of Django REST framework, for users, tokens and employees that came from Django', () => {
  before(takeImported)
  after(takeNoImported)

  for (const row of rows) holds(row, 'Django')
})
