import { expect } from 'chai'
import { Event } from '../../src/audit/event.js'
import { writeRefusals } from '../../src/audit/refusals.js'
import { makeUser, PASSWORD, raw } from '../support.js'

let person = 0
let host = 10

/** A name and addresses that no other test has used: counters live as long as the process. */
async function victim() {
  const username = `victim${++person}-${process.pid}`
  await makeUser({ username })
  return { username, attacker: `127.0.1.${++host}`, owner: `127.0.2.${host}` }
}

function login(username: string, password: string, from: string) {
  return raw('POST', '/gettoken/', {
    headers: { 'content-type': 'application/json' },
    from,
    body: JSON.stringify({ username, password }),
  })
}

describe('sign-ins', function () {
  this.timeout(120_000)

  it('after ten failures wait, longer each time, and pass after Retry-After', async () => {
    const { username, attacker } = await victim()
    const statuses: number[] = []
    for (let attempt = 0; attempt < 11; attempt++) statuses.push((await login(username, 'wrong', attacker)).status)
    expect(statuses).to.deep.equal([...Array(10).fill(400), 429])
    const refused = await login(username, PASSWORD, attacker)
    expect(refused.status).to.equal(429)
    expect(refused.headers['retry-after']).to.equal('1')
    expect(refused.headers.ratelimit).to.equal('"tries";r=0;t=1')
    await pause(Number(refused.headers['retry-after']))
    expect((await login(username, PASSWORD, attacker)).status).to.equal(200)
  })

  it('of 200 at once hash at most ten, and the right one among them is not let in', async () => {
    const { username, attacker } = await victim()
    const started = performance.now()
    const guesses = Array.from({ length: 200 }, (_, index) =>
      login(username, index === 150 ? PASSWORD : `wrong${index}`, attacker),
    )
    const answers = await Promise.all(guesses)
    const statuses = answers.map(({ status }) => status)
    // The first delay is a second: a slow machine is still sending when it is over, and one more may pass.
    const most = 10 + Math.floor((performance.now() - started) / 1000)
    expect(statuses.filter((status) => status === 400).length).to.be.at.most(Math.min(most, 13))
    expect(statuses.filter((status) => status === 429).length).to.be.at.least(187)
    expect(answers[150]!.status).to.equal(429)
    for (const { status, headers } of answers) if (status === 429) expect(headers['retry-after']).to.match(/^\d+$/)
  })

  it('of an attacker do not keep the owner out, nor slow the owner down', async () => {
    const { username, attacker, owner } = await victim()
    const idle = performance.now()
    expect((await login(username, PASSWORD, owner)).status).to.equal(200)
    // Two seconds, or ten times what a sign-in takes on this machine when nobody attacks.
    const longest = Math.max(2000, 10 * (performance.now() - idle))
    let attacking = true
    const attack = Array.from({ length: 20 }, async () => {
      for (let guess = 0; guess < 50 && attacking; guess++) await login(username, `guess${guess}`, attacker)
    })
    const times: number[] = []
    for (let round = 0; round < 20; round++) {
      const started = performance.now()
      const { status, text } = await login(username, PASSWORD, owner)
      expect(status, text).to.equal(200)
      times.push(performance.now() - started)
    }
    attacking = false
    await Promise.all(attack)
    console.log(`      slowest of the owner's 20: ${Math.max(...times).toFixed(0)} ms`)
    expect(Math.max(...times)).to.be.below(longest)
  })

  it('of one address are bounded over all users', async () => {
    const from = `127.0.1.${++host}`
    const attempts = Array.from({ length: 130 }, (_, index) => `nobody${index}-${process.pid}`)
    const statuses: number[] = []
    // A handful at a time, so that the queue for hashes refuses none.
    for (let index = 0; index < attempts.length; index += 10)
      statuses.push(
        ...(await Promise.all(attempts.slice(index, index + 10).map((name) => login(name, 'Winter2026', from)))).map(
          ({ status }) => status,
        ),
      )
    expect(statuses.filter((status) => status === 400).length).to.be.within(95, 101)
    expect(statuses.at(-1)).to.equal(429)
  })

  it('are the same for names that are there and names that are not', async () => {
    const { username, attacker } = await victim()
    for (const name of [username, `nobody-${username}`]) {
      const statuses: number[] = []
      for (let attempt = 0; attempt < 12; attempt++) statuses.push((await login(name, 'wrong', attacker)).status)
      expect(statuses, name).to.deep.equal([...Array(10).fill(400), 429, 429])
    }
  })

  it('leave one row a minute and subject in the trail, and never the password', async () => {
    const { username, attacker } = await victim()
    for (let attempt = 0; attempt < 5; attempt++) await login(username, 'planted-guess', attacker)
    await writeRefusals('all')
    const events = await Event.findAll({ where: { action: 'login.failed', actor: username }, raw: true })
    expect(events).to.have.lengthOf.within(1, 2)
    expect(events[0]).to.include({ outcome: 'refused', address: attacker })
    expect(JSON.stringify(events)).to.contain('times').and.not.contain('planted-guess')
  })
})

function pause(seconds: number) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
