import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { Employee } from '../src/resources/employees/employee.js'
import { accountOf, makeEmployees, makeUser, url } from './support.js'

let authorization: string

describe('requests that follow each other before a response is read', () => {
  beforeEach(async () => {
    authorization = `Authorization: Token ${await accountOf(await makeUser())}`
  })

  it('are answered in order, all of them', async () => {
    const empids = Array.from({ length: 300 }, (_, index) => index + 1)
    await makeEmployees(...empids.map((empid) => ({ empid })))
    const requests = empids.map((empid) => get(`/api/emp_viewset/${empid}`))
    const text = await responsesTo(`${requests.join('')}${get('/nowhere', 'Connection: close')}`)
    expect([...text.matchAll(/\{"empid":(\d+)/g)].map(([, empid]) => Number(empid))).to.deep.equal(empids)
    expect(statusesOf(text)).to.deep.equal([...empids.map(() => 200), 404])
  })

  it('see what those before them did', async () => {
    const text = await responsesTo(
      `${create(1)}${get('/api/emp_viewset/1')}${create(1)}${get('/api/emp_viewset/2')}${create(2, 'Connection: close')}`,
    )
    expect(statusesOf(text)).to.deep.equal([201, 200, 409, 404, 201])
  })

  it('may end with one whose body comes later', async () => {
    const [start, rest] = [create(3, 'Connection: close').slice(0, -20), create(3).slice(-20)]
    const socket = sent(`${create(1)}${create(2)}${start}`)
    const text = textOf(socket)
    socket.once('data', () => socket.write(rest))
    expect(statusesOf(await text)).to.deep.equal([201, 201, 201])
  })

  it('do not begin when the client has gone', async () => {
    // The responses of the first fill what a client that reads nothing can be sent.
    const socket = sent(get('/docs/swagger-ui-bundle.js').repeat(20) + create(1))
    await once(socket, 'readable')
    socket.destroy()
    await responsesTo(create(2, 'Connection: close'))
    expect((await Employee.findAll()).map(({ empid }) => empid)).to.deep.equal([2])
  })
})

function get(path: string, ...headers: string[]) {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', authorization, ...headers, '', ''].join('\r\n')
}

function create(empid: number, ...headers: string[]) {
  const body = JSON.stringify({ empid, empname: 'Srinu', salary: 1 })
  const length = `Content-Length: ${body.length}`
  return [
    'POST /api/emp_viewset HTTP/1.1',
    'Host: localhost',
    authorization,
    'Content-Type: application/json',
    length,
    ...headers,
    '',
    body,
  ].join('\r\n')
}

function sent(text: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(text)
  return socket
}

function responsesTo(text: string): Promise<string> {
  return textOf(sent(text))
}

/** What comes until the server closes. */
async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function statusesOf(text: string) {
  return [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
}
