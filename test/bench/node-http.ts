import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// Baseline: what Node itself can do, one constant answer.

const employee = JSON.stringify({ empid: 101, empname: 'Srinu', salary: '20000.00' })

const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': employee.length }).end(employee)
}).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port, msg: 'listening' }))
})
