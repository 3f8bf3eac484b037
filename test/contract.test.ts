import { expect } from 'chai'
import { DIFFERENCES, REASONS } from './contract/differences.js'
import { hashPasswords, holds, rows } from './contract/holds.js'

describe('the contract of Django REST framework', () => {
  before(hashPasswords)

  for (const row of rows) holds(row, 'here')

  it('has no difference for a row that is not recorded', () => {
    expect(Object.keys(DIFFERENCES).filter((name) => !rows.some((row) => row.name === name))).to.deep.equal([])
  })

  it('has no reason without a row', () => {
    expect(Object.keys(REASONS)).to.have.members([...new Set(Object.values(DIFFERENCES).map(({ reason }) => reason))])
  })
})
