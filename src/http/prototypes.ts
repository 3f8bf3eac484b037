import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http'
import type { Express } from 'express'

/**
 * Options of `createServer` for an Express application. Express replaces the prototypes of each request and response. After that
 * V8 knows nothing about these objects any more, and a request costs about twice as much (measured). If they are made with the
 * right prototypes, Express changes nothing.
 */
export function prototypesOf({ request, response }: Express): ServerOptions {
  return {
    IncomingMessage: made(IncomingMessage, request) as typeof IncomingMessage,
    ServerResponse: made(ServerResponse, response) as typeof ServerResponse,
  }
}

/** Node's classes are functions that can be called on an object with another prototype. */
function made(base: object, prototype: object): unknown {
  function Made(this: object, ...parameters: unknown[]) {
    Reflect.apply(base as () => void, this, parameters)
  }
  Made.prototype = prototype
  return Made
}
