import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { newValue } from '../../src/identity/tokens/value.js'
import { type Question, token } from './ask.js'
import { NAMES } from './cases.js'
import type { Given, Person } from './people.js'
import { type Column, describeTable, HOME, Stage } from './table.js'

/** From where a token that is bound does not count. */
const AWAY = '127.0.0.6'

const stage = new Stage()
let revoked: Given
let expired: Given
let disabled: Given
let bound: Given
const named: [Person, Given][] = []

/** What becomes of a request by its token. */
describeTable('who is let in', stage, {
  async prepare() {
    const { latchkey, anna } = stage
    const ben = await latchkey.add('ben')
    bound = await latchkey.give(anna, { networks: [`${HOME}/32`] })
    revoked = await latchkey.give(anna)
    await latchkey.revoke(revoked.id)
    disabled = await latchkey.give(ben)
    await latchkey.disable(ben)
    for (const name of NAMES) {
      const person = await latchkey.add(name)
      named.push([person, await latchkey.give(person)])
    }
    const end = Date.now() + 1500
    expired = await latchkey.give(anna, { expires_at: new Date(end).toISOString() })
    await wait(Math.max(0, end - Date.now() + 50))
  },

  cases(column) {
    const { cell } = column

    cell('a token that has the scope', async () => {
      column.expectIn(await column.get(stage.reads))
      return '200'
    })

    refused(column, 'no token', 401, () => ({}))
    refused(column, 'junk', 401, () => ({ lines: [token('junk')] }))
    refused(column, 'a value that nobody was given', 401, () => ({ lines: [token(newValue('lk'))] }))
    refused(column, 'revoked', 401, () => ({ lines: [token(revoked.value)] }))
    refused(column, 'expired', 401, () => ({ lines: [token(expired.value)] }))
    refused(column, 'of a disabled user', 401, () => ({ lines: [token(disabled.value)] }))
    refused(column, 'from another network', 401, () => ({ from: AWAY, lines: [token(bound.value)] }))
    refused(column, 'from another network that says that it is the right one', 401, () => ({
      from: AWAY,
      lines: [token(bound.value), `X-Forwarded-For: ${HOME}`, `Forwarded: for=${HOME}`, `X-Real-IP: ${HOME}`],
    }))
    refused(column, 'the scope is missing', 403, () => ({ lines: [token(stage.writes.value)] }))

    cell('from the right network', async () => {
      column.expectIn(await column.get(bound), stage.anna, bound)
      return '200'
    })

    cell('beyond its limit', async () => {
      const limited = await stage.latchkey.give(stage.anna, { rate_limit: { requests: 1, seconds: 60 } })
      column.expectIn(await column.get(limited), stage.anna, limited)
      stage.service.reached.length = 0
      const reply = await column.get(limited)
      expect(reply.status, reply.text).to.equal(429)
      expect(Number(reply.headers['retry-after'])).to.be.within(1, 60)
      column.expectNobody()
      return '429'
    })

    cell('names that are not ASCII', async () => {
      for (const [person, given] of named) column.expectIn(await column.get(given), person, given)
      return '200'
    })

    if (!column.isProxy) return

    cell('a write with a token that may read, and with one that may write', async () => {
      const body = 'x'.repeat(500_000)
      const reads = await column.get(stage.reads, { method: 'POST', body })
      const strange = await column.get(stage.reads, { method: 'PURGE', body: '' })
      column.expectNobody()
      const writes = await column.get(stage.writes, { method: 'POST', body })
      expect([reads.status, strange.status, writes.status]).to.deep.equal([403, 403, 200])
      expect(JSON.parse(writes.text).length).to.equal(body.length)
      return '403 200'
    })
  },
})

function refused(column: Column, title: string, status: number, question: () => Question) {
  column.cell(title, async () => {
    const reply = await column.send(question())
    expect(reply.status, reply.text).to.equal(status)
    column.expectNobody()
    if (status === 401) expect(reply.headers['www-authenticate']).to.equal('Token realm="latchkey"')
    return String(reply.status)
  })
}
