import { expect } from 'chai'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { HASHES } from '../src/platform/shares.js'
import { parseExposition, sumOf } from './exposition.js'
import { holdHashes } from './hash-slots.js'
import { expectWithin } from './process.js'
import { accountOf, anonymous, clientWithValue, makePersonal, makeUser, PASSWORD, raw, TESTER, url } from './support.js'

const REFUSED = ['Unable to log in with provided credentials.']

describe('obtainToken', () => {
  it('answers the same token each time, and it works', async () => {
    await makeUser({ username: 'ravi' })
    const first = await login('ravi')
    const second = await login('ravi')
    expect(first.status).to.equal(200)
    expect(first.headers['cache-control']).to.equal('no-store')
    expect(first.body.token).to.match(/^lk_[0-9A-Za-z]{49}$/)
    expect(second.body.token).to.equal(first.body.token)
    expect((await clientWithValue(first.body.token).get('/api/')).status).to.equal(200)
  })

  it('makes no token before somebody asks for one', async () => {
    await makeUser({ username: 'ravi' })
    await login('ravi', 'wrong')
    expect(await Token.count()).to.equal(0)
  })

  it('answers one token to two first sign-ins at once', async () => {
    await makeUser({ username: 'ravi' })
    const answers = await Promise.all(Array.from({ length: 4 }, () => login('ravi')))
    expect(new Set(answers.map(({ body }) => body.token)).size).to.equal(1)
    expect(await Token.count()).to.equal(1)
  })

  it('answers another token after the first was revoked', async () => {
    const user = await makeUser({ username: 'ravi' })
    const { body: first } = await login('ravi')
    await Token.revoke((await Token.findOne({ where: { userId: user.id } }))!.id, user.id, TESTER)
    const { body: second } = await login('ravi')
    expect(second.token).not.to.equal(first.token)
    expect((await clientWithValue(first.token).get('/api/')).status).to.equal(401)
    expect((await clientWithValue(second.token).get('/api/')).status).to.equal(200)
  })

  const wrong: [what: string, credentials: { username: string; password: string }][] = [
    ['a wrong password', { username: 'ravi', password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: PASSWORD }],
    ['a disabled user', { username: 'idle', password: PASSWORD }],
    ['a user without a password', { username: 'machine', password: PASSWORD }],
    ['another letter case', { username: 'RAVI', password: PASSWORD }],
    ['a password with a space behind', { username: 'ravi', password: `${PASSWORD} ` }],
    ['a password over 1,024 bytes', { username: 'ravi', password: 'x'.repeat(4096) }],
    ['SQL', { username: "ravi'--", password: PASSWORD }],
  ]
  for (const [what, credentials] of wrong)
    it(`answers the same to ${what}`, async () => {
      await makeUser({ username: 'ravi' })
      await makeUser({ username: 'idle', isActive: false })
      await User.add({ username: 'machine' }, TESTER)
      const { status, body } = await login(credentials.username, credentials.password)
      expect(status).to.equal(400)
      expect(body.errors).to.deep.equal({ non_field_errors: REFUSED })
    })

  it('tells what is missing, all at once', async () => {
    const { status, body } = await anonymous().post('/gettoken/').send({})
    expect(status).to.equal(400)
    expect(body.errors).to.deep.equal({ username: ['This field is required.'], password: ['This field is required.'] })
  })

  const malformed: [what: string, body: unknown][] = [
    ['an object for a name', { username: { ne: null }, password: 'x' }],
    ['a list for a name', { username: ['ravi', 'idle'], password: 'x' }],
    ['a number for a password', { username: 'ravi', password: 123 }],
    ['an unknown field', { username: 'ravi', password: PASSWORD, admin: true }],
    ['a blank name', { username: '  ', password: PASSWORD }],
  ]
  for (const [what, body] of malformed)
    it(`refuses ${what}`, async () => {
      await makeUser({ username: 'ravi' })
      expect(
        (
          await anonymous()
            .post('/gettoken/')
            .send(body as object)
        ).status,
      ).to.equal(400)
    })

  it('takes a form', async () => {
    await makeUser({ username: 'ravi' })
    const { status } = await anonymous().post('/gettoken/').type('form').send({ username: 'ravi', password: PASSWORD })
    expect(status).to.equal(200)
  })

  it('refuses a form with __proto__', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const body of ['username=a&password=x&__proto__=1', '__proto__=1&__proto__=2'])
      expect((await raw('POST', '/gettoken/', { headers, body })).status).to.equal(400)
  })

  it('refuses a form of more than 8 kB, and of more than 10 fields whatever it is long', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const send = async (body: string) => (await raw('POST', '/gettoken/', { headers, body })).status
    expect(await send(`username=a&password=${'x'.repeat(8192)}`)).to.equal(413)
    expect(await send(`username=a&password=${'x'.repeat(65_536)}`)).to.equal(413)
    expect(await send('a=1&'.repeat(2000))).to.equal(400)
    expect(await send(`username=a&password=x${'&'.repeat(8000)}`)).to.equal(400)
  })

  it('refuses a form with a field given twice, naming it', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { status, text } = await raw('POST', '/gettoken/', { headers, body: 'username=a&username=b&password=x' })
    expect(status).to.equal(400)
    expect(JSON.parse(text).errors).to.have.all.keys('username')
  })

  describe('as multipart/form-data', () => {
    const good = { username: 'ravi', password: PASSWORD }

    beforeEach(() => makeUser({ username: 'ravi' }))

    it('takes what fetch and curl -F send', async () => {
      const form = new FormData()
      for (const [name, value] of Object.entries(good)) form.set(name, value)
      const response = await fetch(`${url}/gettoken/`, { method: 'POST', body: form })
      expect(response.status).to.equal(200)
      expect(await response.json()).to.have.all.keys('token')
    })

    it('takes it as Django’s own client sends it, and what stands around it', async () => {
      const body = `before\r\n${multipart(good)}\r\nbehind`
      expect((await send(body)).status).to.equal(200)
      expect((await send(body.replaceAll('BoUnDaRy', "'a b'"), `boundary="'a b'"`)).status).to.equal(200)
    })

    it('keeps a value to the letter', async () => {
      const password = ' ends of lines\r\n\r\nand --BoUnDaR: \u0928\u092e\u0938\u094d\u0924\u0947 '
      await User.add({ username: 'mary', password: { text: password, rules: 'enforced' } }, TESTER)
      expect((await send(multipart({ username: 'mary', password }))).status).to.equal(200)
    })

    const refused: [what: string, body: string | Buffer, errors?: object][] = [
      ['a missing field', multipart({ username: 'ravi' }), { password: ['This field is required.'] }],
      ['an unknown field', multipart({ ...good, admin: '1' }), { admin: ['This field is unknown.'] }],
      [
        'a field given twice',
        multipart(good).replace('--BoUnDaRy--', multipart(good)),
        { username: ['This field is given more than once.'], password: ['This field is given more than once.'] },
      ],
      [
        'a file',
        multipart(good).replace('name="password"', 'name="password"; filename="x.txt"'),
        { password: ['Not a valid string.'] },
      ],
      [
        'a file of more than 8 kB',
        multipart({ ...good, password: 'x'.repeat(9000) }).replace(
          'name="password"',
          'name="password"; filename="x.txt"',
        ),
        { password: ['Not a valid string.'] },
      ],
      [
        'a part in base64',
        multipart(good).replace('name="password"', 'name="password"\r\nContent-Transfer-Encoding: base64'),
        { password: ['Not a valid string.'] },
      ],
      [
        'a part in another charset',
        multipart(good).replace('name="password"', 'name="password"\r\nContent-Type: text/plain; charset=utf-16'),
        { password: ['Not a valid string.'] },
      ],
      ['__proto__', multipart({ ...good, ['__proto__']: 'x' }), undefined],
      ['no end', multipart(good).replace('--BoUnDaRy--', '')],
      ['another boundary', multipart(good).replaceAll('BoUnDaRy', 'other')],
      ['a part without a name', multipart(good).replace('; name="password"', '')],
      ['a part without a head', multipart(good).replace('Content-Disposition: form-data; name="password"', '')],
      ['11 fields', multipart(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`f${index}`, ''])))],
      ['bad UTF-8', Buffer.from(multipart({ ...good, password: '\xff' }), 'latin1')],
      ['U+0000', multipart({ ...good, password: '\0' }), { password: ['Null characters are not allowed.'] }],
    ]
    for (const [what, body, errors] of refused)
      it(`refuses ${what}`, async () => {
        const { status, text } = await send(body)
        expect(status, text).to.equal(400)
        if (errors) expect(JSON.parse(text).errors).to.deep.equal(errors)
      })

    it('refuses it without a boundary', async () => {
      expect((await send(multipart(good), '')).status).to.equal(400)
    })

    function send(body: string | Buffer, parameter = 'boundary=BoUnDaRy') {
      return raw('POST', '/gettoken/', { headers: { 'content-type': `multipart/form-data; ${parameter}` }, body })
    }

    function multipart(fields: Record<string, string>) {
      const parts = Object.entries(fields).map(
        ([name, value]) => `--BoUnDaRy\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      )
      return `${parts.join('')}--BoUnDaRy--\r\n`
    }
  })

  it('looks at no Authorization header', async () => {
    await makeUser({ username: 'ravi' })
    const { status } = await clientWithValue('stale').post('/gettoken/').send({ username: 'ravi', password: PASSWORD })
    expect(status).to.equal(200)
  })

  it('normalizes a password, so that it can be typed on any keyboard', async () => {
    await User.add({ username: 'ravi', password: { text: 'caf\u00e9-am-Markt', rules: 'enforced' } }, TESTER)
    expect((await login('ravi', 'cafe\u0301-am-Markt')).status).to.equal(200)
  })

  it('tells passwords apart beyond 72 bytes', async () => {
    await User.add({ username: 'ravi', password: { text: `${'x'.repeat(80)}1`, rules: 'enforced' } }, TESTER)
    expect((await login('ravi', `${'x'.repeat(80)}2`)).status).to.equal(400)
    expect((await login('ravi', `${'x'.repeat(80)}1`)).status).to.equal(200)
  })

  it('answers 503 when the sealed value was moved from another row', async () => {
    const ravi = await makeUser({ username: 'ravi' })
    const mary = await makeUser({ username: 'mary' })
    await accountOf(ravi)
    await accountOf(mary)
    const { sealed } = (await Token.findOne({ where: { userId: mary.id } }))!
    await write((transaction) => Token.update({ sealed }, { where: { userId: ravi.id }, transaction }))
    const { status, headers } = await login('ravi')
    expect(status).to.equal(503)
    expect(headers['retry-after']).to.match(/^\d+$/)
  })
})

describe('sixty sign-ins at once', () => {
  it('are answered or refused with 503, keep nobody else out, and are counted in the metrics', async () => {
    await makeUser({ username: 'ravi' })
    const { value } = await makePersonal(await makeUser({ isSuperuser: true }), { scopes: ['metrics:read'] })
    const samples = async () => parseExposition((await clientWithValue(value).get('/metrics').expect(200)).text)
    const busy = async () => sumOf(await samples(), 'latchkey_login_attempts_total', { outcome: 'busy' })
    const before = await busy()
    const headers = { 'content-type': 'application/json' }
    const send = (username: string, from: string) =>
      raw('POST', '/gettoken/', { headers, from, body: JSON.stringify({ username, password: PASSWORD }) })
    const release = holdHashes()
    const flood = Array.from({ length: 60 }, (_, index) => send(`nobody${index}`, '127.0.0.2'))
    await expectWithin(5000, async () => (await busy()) === before + 28)
    const hashes = async (state: string) => sumOf(await samples(), 'latchkey_password_hashes', { state })
    expect([await hashes('running'), await hashes('waiting')]).to.deep.equal([HASHES, 32])
    // It takes the place of the last in the longest line.
    const own = send('ravi', '127.0.0.3')
    await expectWithin(5000, async () => (await busy()) === before + 29)
    release()
    expect((await own).status).to.equal(200)
    const answers = (await Promise.all(flood)).map(({ status, headers: { 'retry-after': after } }) => [status, after])
    expect(answers.filter(([status]) => status === 400)).to.have.lengthOf(31)
    const refused = answers.filter(([status]) => status === 503)
    expect(refused).to.have.lengthOf(29)
    for (const [, after] of refused) expect(after).to.match(/^[1-9]\d*$/)
  })
})

function login(username: string, password = PASSWORD) {
  return anonymous().post('/gettoken/').send({ username, password })
}
