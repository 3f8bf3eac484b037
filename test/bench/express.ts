import type { AddressInfo } from 'node:net'
import express from 'express'

// Baseline: a bare Express route with one constant answer; no token, no database, no log.

const server = express()
  .get('/api/emp_viewset/:empid', (request, response) => {
    response.json({ empid: Number(request.params.empid), empname: 'Srinu', salary: '20000.00' })
  })
  .listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ port: (server.address() as AddressInfo).port, msg: 'listening' }))
  })
