import { type IRoute, type RequestHandler, Router } from 'express'
import { listOperations, type Operation } from './operations.js'

/**
 * Hands a request to the route of the operation that `operations` has found for it. Express alone would try the path of
 * each route in turn, which costs a request as much as its authentication (measured).
 * @param register tsoa's generated function
 * @throws when an operation of the document has no route
 */
export function dispatch(register: (router: Router) => void): RequestHandler {
  const router = Router()
  register(router)
  const routes = new Map<Operation, IRoute>(
    listOperations().map(({ operation, method, path }) => [operation, routeIn(router, method, path)]),
  )
  return (request, response, next) => {
    request.params = request.pathParameters
    // Typed as little as Express documents it: it runs the handlers of the route and catches what they throw.
    const route = routes.get(request.operation) as unknown as { dispatch: RequestHandler }
    return route.dispatch(request, response, next)
  }
}

/** tsoa writes `/gettoken` for `/gettoken/`, and `:id` for `{id}`. */
function routeIn({ stack }: Router, method: string, path: string): IRoute {
  const wanted = path.replace(/\/$/, '').replace(/\{(\w+)\}/g, ':$1')
  const found = stack.find(
    ({ route }) => route?.path === wanted && route.stack.some((layer) => layer.method === method),
  )
  if (!found?.route) throw new Error(`the document's ${method} ${path} has no route: build it anew`)
  return found.route
}
