import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http'
import type { Express } from 'express'

/**
 * Options of `createServer` for an Express application. Express gives each request and response the application's own
 * prototypes, after which V8 knows nothing of these objects any more and a request costs about twice as much (measured);
 * made with these prototypes from the start, they stay as they are.
 */
export function prototypesOf({ request, response }: Express): ServerOptions {
  return {
    IncomingMessage: made(IncomingMessage, request) as typeof IncomingMessage,
    ServerResponse: made(ServerResponse, response) as typeof ServerResponse,
  }
}

/** Node's classes are functions, which can be called on an object with another prototype. */
function made(base: object, prototype: object): unknown {
  function Made(this: object, ...parameters: unknown[]) {
    Reflect.apply(base as () => void, this, parameters)
  }
  Made.prototype = prototype
  return Made
}
