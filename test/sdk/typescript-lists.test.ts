import { expect } from 'chai'
import { ACCOUNT, describeClient, failureOf, recorder, SRINU, standIn } from './client.js'

const NEXT = { Link: '</tokens/api/emp_viewset?cursor=2>; rel="next"' }

describeClient('lists of the TypeScript client', (use) => {
  it('goes through all pages of a list', async () => {
    const { sdk, server } = use
    const created = Array.from({ length: 250 }, (_, index) => ({ ...SRINU, empid: index + 1 }))
    const { asked, fetch } = recorder()
    const client = sdk.createClient({ baseUrl: server.url, ...ACCOUNT, fetch })
    await Promise.all(created.map((body) => sdk.createEmployee({ client, body })))
    asked.length = 0
    const rows = []
    for await (const row of sdk.each(sdk.listEmployees, {
      client,
      query: { limit: 100, ordering: '-empid' },
    }))
      rows.push(row)
    expect(rows).to.deep.equal(created.toReversed())
    expect(asked).to.have.lengthOf(3)
  })

  it('follows no link to another origin', async () => {
    const { sdk } = use
    const other = await standIn(() => ({ body: [2] }))
    const { url } = await standIn(() => ({ headers: { Link: `<${other.url}/2>; rel="next"` }, body: [1] }))
    const rows: unknown[] = []
    const own = sdk.createClient({ baseUrl: url, token: 'lk_a' })
    const reading = async () => {
      for await (const row of sdk.each(sdk.listEmployees, { client: own })) rows.push(row)
    }
    expect((await failureOf(reading())).message).to.contain(other.url)
    expect([rows, other.asked]).to.deep.equal([[1], []])
  })

  it('asks below the path of its address, also where a slash ends it', async () => {
    const { sdk } = use
    const { url, asked } = await standIn(() => ({ headers: asked.length === 1 ? NEXT : {}, body: [] }))
    const client = sdk.createClient({ baseUrl: `${url}/tokens/` })
    for await (const _ of sdk.pages(sdk.listEmployees, { client }));
    expect(asked.map((line) => line.split(' ')[1])).to.deep.equal([
      '/tokens/api/emp_viewset',
      '/tokens/api/emp_viewset?cursor=2',
    ])
  })

  it('understands links however RFC 8288 lets them be written', async () => {
    const { sdk } = use
    const links = [
      '</1?a=1,2>; rel=next',
      '<2>;title="a, <b>; rel=last" ; REL = "prev Next", </x>; rel=prev',
      '</x>; rel="next"; anchor="#there", <?cursor=3>;rel="next"',
      '</x>; rel="prev"; rel="next", <>; rel="nextish", </x>; title="rel=next"',
    ]
    const { url, asked } = await standIn(() => ({ headers: { Link: links[asked.length - 1]! }, body: [] }))
    for await (const _ of sdk.pages(sdk.listEmployees, { client: sdk.createClient({ baseUrl: url }) }));
    const places = asked.map((line) => line.split(' ')[1])
    expect(places).to.deep.equal(['/api/emp_viewset', '/1?a=1,2', '/2', '/2?cursor=3'])
  })
})
