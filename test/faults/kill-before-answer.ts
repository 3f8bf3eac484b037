import { ServerResponse } from 'node:http'

// Loaded before a server: it ends, as by kill -9, between the commit of a create and its answer.

const { writeHead } = ServerResponse.prototype

ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: unknown[]) {
  if (args[0] === 201) process.kill(process.pid, 'SIGKILL')
  return Reflect.apply(writeHead, this, args)
}
