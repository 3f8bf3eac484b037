import { expect } from 'chai'
import { makeImported, takeImported, takeNoImported } from '../imported.js'
import { makeUser, raw } from '../support.js'

/** As Django makes them today and made them once; nobody knows a password for any. */
const FORMATS: Record<string, string> = {
  md5: `md5$abc$${'0'.repeat(32)}`,
  pbkdf2: `pbkdf2_sha256$600000$abc$${'A'.repeat(43)}=`,
  argon2: `argon2$argon2id$v=19$m=102400,t=2,p=8$bG9LeHRPZVJsVUdBYnE2bVBQTURVaw$${'A'.repeat(43)}`,
  scrypt: `scrypt$16384$abc$8$5$${'A'.repeat(86)}==`,
}

/** Names of each kind. */
const NAMES = 10

let host = 0

describe('wrong passwords where there are imported ones', function () {
  this.timeout(300_000)

  before(takeImported)
  after(takeNoImported)

  it('cost for a name of nobody what they cost for some imported user', async () => {
    for (const [format, hash] of Object.entries(FORMATS))
      for (let index = 0; index < NAMES; index++) await makeImported(hash, { username: `${format}${index}` })
    for (let index = 0; index < NAMES; index++) await makeUser({ username: `ours${index}` })
    const names = (kind: string) => Array.from({ length: NAMES }, (_, index) => `${kind}${index}`)
    const classes: Record<string, number> = {}
    for (const format of Object.keys(FORMATS)) classes[format] = median(await costs(names(format).slice(0, 5)))
    const strangers = [...(await costs(names('nobody'))), ...(await costs(names('ours')))]
    console.log(`      imported: ${Object.entries(classes).map(([format, time]) => `${format} ${time.toFixed(0)} ms`)}`)
    console.log(`      nobody and users of ours: ${strangers.map((time) => time.toFixed(0)).sort()} ms`)
    const isNear = (cost: number) => Object.values(classes).some((known) => Math.abs(cost / known - 1) < 0.25)
    expect(strangers.filter(isNear).length, 'a busy machine may make two of them dearer').to.be.at.least(2 * NAMES - 2)
    expect(strangers.filter((cost) => cost > classes.md5! * 1.15).length, 'as not all imported').to.be.at.least(4)
  })
})

/** Milliseconds of work of a wrong password for each, the least of two: what runs beside it takes none of them away. */
async function costs(usernames: string[]): Promise<number[]> {
  const all = []
  for (const username of usernames) all.push(Math.min(await cost(username), await cost(username)))
  return all
}

async function cost(username: string): Promise<number> {
  const before = process.cpuUsage()
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ username, password: 'wrong' })
  expect((await raw('POST', '/gettoken/', { headers, body, from: `127.0.8.${++host}` })).status).to.equal(400)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}
