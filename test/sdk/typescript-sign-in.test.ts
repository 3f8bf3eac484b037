import { expect } from 'chai'
import { ACCOUNT, describeClient, failureOf, recorder, SRINU, signInsOf, standIn, type Use } from './client.js'

describeClient('the sign-in of the TypeScript client', (use) => {
  it('sends a bare token as Token, and one with its scheme as it is', async () => {
    const { sdk } = use
    const { url, asked } = await standIn(() => ({ body: [] }))
    for (const token of ['lk_a', ' lk_b\n', 'Token lk_c', 'Bearer lk_d', undefined])
      await sdk.listEmployees({ client: sdk.createClient({ baseUrl: url, token }) })
    const sent = asked.map((line) => line.replace('GET /api/emp_viewset ', ''))
    expect(sent).to.deep.equal(['Token lk_a', 'Token lk_b', 'Token lk_c', 'Bearer lk_d', '-'])
  })

  it('works with a token alone', async () => {
    const { sdk, server } = use
    const { data } = await sdk.obtainToken({
      client: sdk.createClient({ baseUrl: server.url }),
      body: ACCOUNT,
    })
    const own = sdk.createClient({ baseUrl: server.url, token: data.token })
    expect((await sdk.getCurrentToken({ client: own })).data.user.username).to.equal('Srinivas')
  })

  it('signs in again when the token was rotated meanwhile, and sends the same body again', async () => {
    const { sdk, client } = use
    await sdk.listEmployees({ client })
    await rotate(use)
    const { data } = await sdk.createEmployee({ client, body: SRINU })
    expect(data).to.deep.equal(SRINU)
  })

  it('signs in once for all requests at the same time, also after a rotation', async () => {
    const { sdk, server } = use
    const { asked, fetch } = recorder()
    const own = sdk.createClient({ baseUrl: server.url, ...ACCOUNT, fetch })
    const atOnce = () => Promise.all([1, 2, 3, 4, 5].map(() => sdk.listEmployees({ client: own })))
    await atOnce()
    expect(signInsOf(asked)).to.equal(1)
    await rotate(use)
    await atOnce()
    expect(signInsOf(asked)).to.equal(2)
  })

  it('gives a second 401 to the caller', async () => {
    const { sdk } = use
    const { url, asked } = await standIn(({ url }) =>
      url === '/gettoken/' ? { body: { token: `lk_${signInsOf(asked)}` } } : { status: 401 },
    )
    const { status } = await failureOf(sdk.listEmployees({ client: sdk.createClient({ baseUrl: url, ...ACCOUNT }) }))
    expect(status).to.equal(401)
    expect(asked).to.deep.equal([
      'POST /gettoken/ -',
      'GET /api/emp_viewset Token lk_1',
      'POST /gettoken/ -',
      'GET /api/emp_viewset Token lk_2',
    ])
  })

  it('does not repeat a request whose token the caller has set', async () => {
    const { sdk, server } = use
    const { asked, fetch } = recorder()
    const own = sdk.createClient({ baseUrl: server.url, ...ACCOUNT, fetch })
    const call = sdk.listEmployees({ client: own, headers: { Authorization: 'Token lk_other' } })
    expect((await failureOf(call)).status).to.equal(401)
    expect(asked).to.deep.equal(['GET /api/emp_viewset'])
  })

  it('tells that the sign-in failed, and tries again at the next request', async () => {
    const { sdk } = use
    let works = false
    const { url } = await standIn(({ url }) => {
      if (url !== '/gettoken/') return { body: [] }
      return works ? { body: { token: 'lk_a' } } : { status: 503 }
    })
    const own = sdk.createClient({ baseUrl: url, ...ACCOUNT })
    expect((await failureOf(sdk.listEmployees({ client: own }))).message).to.match(/^POST \/gettoken\/: 503/)
    works = true
    expect((await sdk.listEmployees({ client: own })).data).to.deep.equal([])
  })
})

/** Ends the account token that the clients hold. */
async function rotate({ sdk, server }: Use) {
  const client = sdk.createClient({ baseUrl: server.url, ...ACCOUNT })
  const { data } = await sdk.getCurrentToken({ client })
  await sdk.rotateToken({ client, path: { id: data.token.id }, body: { overlap_seconds: 0 } })
}
