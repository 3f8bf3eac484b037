import { expect } from 'chai'
import { statementsDuring } from './statements.js'
import { clientWith, makeEmployees, makeUser, raw, superuserClient, url } from './support.js'

const rows = Array.from({ length: 25 }, (_, index) => ({
  empid: index + 1,
  empname: ['Ravi', 'ravi%', 'Mary_', 'नारायण', 'mary'][index % 5]!,
  salary: `${(index % 4) * 100}.00`,
}))

type Client = Awaited<ReturnType<typeof clientWith>>

let client: Client

async function list(query: string) {
  const { status, body, headers } = await client.get(`/api/emp_viewset${query}`)
  return {
    status,
    body,
    headers,
    ids: Array.isArray(body) ? body.map(({ empid }: { empid: number }) => empid) : [],
    links: linksIn(headers.link),
  }
}

describe('listEmployees', () => {
  beforeEach(async () => {
    client = await clientWith('employees:read')
    await makeEmployees(...rows)
  })

  it('answers an array in the order of the primary key', async () => {
    const { ids, links, headers } = await list('')
    expect(ids).to.deep.equal(rows.map(({ empid }) => empid))
    expect(links).to.deep.equal({})
    expect(headers).not.to.have.property('x-total-count')
  })

  it('pages by limit and offset', async () => {
    expect((await list('?limit=10')).ids).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect((await list('?limit=10&offset=20')).ids).to.deep.equal([21, 22, 23, 24, 25])
    expect((await list('?offset=100')).ids).to.deep.equal([])
  })

  for (const ordering of ['empid', '-empid', 'empname', '-empname', 'salary', '-salary'])
    it(`walks every row once by cursor, ordered by ${ordering}, forwards and back`, async () => {
      const all = (await list(`?ordering=${ordering}`)).ids
      const pages: number[][] = []
      let page = await list(`?ordering=${ordering}&limit=7`)
      for (; ; page = await follow(page.links.next!)) {
        pages.push(page.ids)
        if (!page.links.next) break
      }
      expect(pages.flat()).to.deep.equal(all)
      const back = [page.ids]
      while (page.links.prev) {
        page = await follow(page.links.prev)
        back.unshift(page.ids)
      }
      expect(back.flat()).to.deep.equal(all)
    })

  it('orders as told, equal rows by primary key', async () => {
    const { body } = await list('?ordering=-salary')
    const expected = [...rows].sort((a, b) => Number(b.salary) - Number(a.salary) || b.empid - a.empid)
    expect(body).to.deep.equal(expected)
  })

  it('is not led astray by a row that comes in between', async () => {
    const first = await list('?limit=10')
    await makeEmployees({ empid: -5 })
    expect((await follow(first.links.next!)).ids[0]).to.equal(11)
  })

  it('counts when asked', async () => {
    const { headers, ids } = await list('?limit=2&count=true&salary=100')
    expect(headers['x-total-count']).to.equal('6')
    expect(ids).to.have.lengthOf(2)
  })

  const found: [query: string, test: (row: (typeof rows)[number]) => boolean][] = [
    ['salary=100', ({ salary }) => salary === '100.00'],
    ['salary_min=200', ({ salary }) => Number(salary) >= 200],
    ['salary_min=100&salary_max=200', ({ salary }) => salary === '100.00' || salary === '200.00'],
    ['empid=7', ({ empid }) => empid === 7],
    ['empname=Ravi', ({ empname }) => empname === 'Ravi'],
    ['empname_contains=RAVI', ({ empname }) => /ravi/i.test(empname)],
    ['search=mar', ({ empname }) => /mar/i.test(empname)],
    [`search=${encodeURIComponent('%')}`, ({ empname }) => empname.includes('%')],
    ['search=_', ({ empname }) => empname.includes('_')],
    [`search=${encodeURIComponent('राय')}`, ({ empname }) => empname.includes('राय')],
    ["search='", () => false],
    ['search=%5C', () => false],
    ['search=%22', () => false],
  ]
  for (const [query, test] of found)
    it(`finds what ${query} says`, async () => {
      expect((await list(`?${query}`)).ids).to.deep.equal(rows.filter(test).map(({ empid }) => empid))
    })

  const bad: [query: string, field: string][] = [
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=x', 'limit'],
    ['limit=1e9', 'limit'],
    ['offset=-1', 'offset'],
    ['count=yes', 'count'],
    ['ordering=nosuch', 'ordering'],
    ['ordering=empid;DROP', 'ordering'],
    ['ordering=--empid', 'ordering'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=junk', 'cursor'],
    ['cursor=WyJwYXNzd29yZF9oYXNoIiwiYSIsMSxmYWxzZV0.AAAAAAAAAAAAAAAAAAAAAA', 'cursor'],
    ['salary_min=abc', 'salary_min'],
    ['salary_max=1e400', 'salary_max'],
    ['salary=-1e400', 'salary'],
    ['empid=1.5', 'empid'],
    ['isAdmin=true', 'isAdmin'],
    ['limt=5', 'limt'],
    ['a[b]=c', 'a[b]'],
    ['__proto__[x]=1', '__proto__[x]'],
    ['constructor=1', 'constructor'],
    ['empname[like]=a', 'empname[like]'],
    ['search=%00', 'search'],
    ['empname=%00', 'empname'],
    [`search=${'x'.repeat(201)}`, 'search'],
    ['token=x', 'token'],
  ]
  for (const [query, field] of bad)
    it(`refuses ${query.slice(0, 40)}, naming ${field}`, async () => {
      const { status, body } = await list(`?${query}`)
      expect(status).to.equal(400)
      expect(Object.keys(body.errors)).to.deep.equal([field])
    })

  it('refuses two thousand query parameters', async () => {
    const query = Array.from({ length: 2000 }, (_, index) => `a${index}=1`).join('&')
    expect((await list(`?${query}`)).status).to.equal(400)
  })

  it('refuses a cursor with offset or with another ordering', async () => {
    const cursor = new URL((await list('?limit=5&ordering=salary')).links.next!).searchParams.get('cursor')
    expect((await list(`?cursor=${cursor}&offset=1`)).status).to.equal(400)
    expect((await list(`?cursor=${cursor}&ordering=empid`)).status).to.equal(400)
    expect((await list(`?cursor=${cursor}&ordering=salary`)).status).to.equal(200)
  })

  it('refuses a cursor of another list', async () => {
    const root = await superuserClient()
    await makeUser()
    const cursor = new URL(
      linksIn((await root.get('/api/users?limit=1&ordering=username')).headers.link).next!,
    ).searchParams.get('cursor')
    for (const path of ['groups', 'tokens', 'emp_viewset', 'events'])
      expect((await root.get(`/api/${path}?cursor=${cursor}`)).status, path).to.equal(400)
  })

  it('takes its own cursor, however long the names are', async () => {
    const root = await superuserClient()
    for (const letter of ['क', 'ख']) await makeUser({ username: letter.repeat(150) })
    const link = linksIn((await root.get('/api/users?limit=1&ordering=-username')).headers.link).next!
    expect((await root.get(`/api/users${new URL(link).search}`)).status).to.equal(200)
  })

  it('refuses a cursor that was changed', async () => {
    const cursor = new URL((await list('?limit=5')).links.next!).searchParams.get('cursor')!
    const forged = `${Buffer.from(JSON.stringify(['salary', 1, 1, false])).toString('base64url')}.${cursor.split('.')[1]}`
    expect((await list(`?cursor=${forged}`)).status).to.equal(400)
  })

  it('keeps filters and limit in its links', async () => {
    const { links } = await list('?limit=2&salary_min=100&search=a')
    const { searchParams } = new URL(links.next!)
    expect(Object.fromEntries(searchParams)).to.include({ limit: '2', salary_min: '100', search: 'a' })
    expect(links.next).to.match(new RegExp(`^${url}/api/emp_viewset\\?`))
  })

  it('reads at most one row more than the page', async () => {
    const statements = await statementsDuring(async () => void (await list('?limit=3')))
    expect(statements.filter((statement) => statement.includes('employees'))).to.have.lengthOf(1)
    expect(statements.find((statement) => statement.includes('employees'))).to.match(/LIMIT .*\[4,0\]$/)
  })
})

describe('listUsers', () => {
  it('finds, filters and pages', async () => {
    const root = await superuserClient()
    for (const username of ['anna', 'Bernd', 'clara']) await makeUser({ username, isStaff: username === 'clara' })
    expect((await root.get('/api/users?search=BERN')).body).to.have.lengthOf(1)
    expect(
      (await root.get('/api/users?is_staff=true&ordering=-username')).body.map(
        ({ username }: { username: string }) => username,
      ),
    ).to.deep.equal(['root', 'clara'])
    const { body, headers } = await root.get('/api/users?limit=2&count=true&ordering=date_joined')
    expect(body).to.have.lengthOf(2)
    expect(headers['x-total-count']).to.equal('4')
    expect(
      (await root.get(new URL(linksIn(headers.link).next!).pathname + new URL(linksIn(headers.link).next!).search))
        .body,
    ).to.have.lengthOf(2)
  })

  it('has no way to search a hash', async () => {
    const root = await superuserClient()
    for (const query of [
      'passwordHash=x',
      'password_hash_contains=a',
      'ordering=password_hash',
      'ordering=-passwordHash',
    ])
      expect((await root.get(`/api/users?${query}`)).status, query).to.equal(400)
  })
})

describe('a method that is not there', () => {
  for (const [method, path, allow] of [
    ['DELETE', '/api/emp_viewset', 'GET, HEAD, OPTIONS, POST'],
    ['PUT', '/api/emp_viewset/', 'GET, HEAD, OPTIONS, POST'],
    ['POST', '/api/emp_viewset/7', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['TRACE', '/api/emp_viewset/7', 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['GET', '/gettoken/', 'OPTIONS, POST'],
    ['PATCH', '/api/', 'GET, HEAD, OPTIONS'],
  ] as const)
    it(`${method} ${path} is 405 with Allow, without a token`, async () => {
      const { status, headers } = await raw(method, path)
      expect(status).to.equal(405)
      expect(headers.allow).to.equal(allow)
    })
})

async function follow(link: string) {
  const { pathname, search } = new URL(link)
  expect(pathname).to.equal('/api/emp_viewset')
  return list(search)
}

function linksIn(header: string | undefined): Record<string, string | undefined> {
  return Object.fromEntries([...(header ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, link, rel]) => [rel, link]))
}
