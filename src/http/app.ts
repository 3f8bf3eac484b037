import express, { type Express } from 'express'
import helmet from 'helmet'
import { RegisterRoutes } from '../../build/routes.js'
import { admin } from '../admin/admin.js'
import { etagOf } from '../api/conditional.js'
import { docs } from '../docs/docs.js'
import type { Settings } from '../platform/config.js'
import { prefixOf } from '../platform/public-url.js'
import { isTracing } from '../platform/tracing.js'
import { accept } from './accept.js'
import { body } from './body/body.js'
import { reduceCheck } from './checks.js'
import { trusts } from './client-address.js'
import { crossOrigin, preflight } from './cors.js'
import { head } from './head.js'
import { health } from './health.js'
import { hosts } from './hosts.js'
import { withoutPrefix } from './prefix.js'
import { errorHandler, notFound } from './problems.js'
import { requestLog } from './request-log.js'
import { requestSpan } from './request-span.js'
import { dispatch, operations } from './routing.js'
import { sameOrigin } from './same-origin.js'
import { inTurn } from './turns.js'

/** Requests under /api and /gettoken skip the pages. To look for a page costs a request as much as its log line. */
const NOT_API = /^(?!\/(api|gettoken)\b)/

/** The whole request pipeline, in order. */
export function createApp(settings: Settings): Express {
  const app = express()
  app.locals.settings = settings
  app.disable('x-powered-by')
  app.enable('case sensitive routing')
  app.set('query parser', 'simple')
  app.set('trust proxy', trusts(settings))
  app.set('etag', etagOf)
  const isShared = settings.corsOrigins.length > 0

  const prefix = prefixOf(settings)
  if (prefix) app.use(withoutPrefix(prefix))
  app.use(inTurn)
  app.use(requestLog)
  if (isTracing()) app.use(requestSpan)
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
      },
      // HSTS holds for the whole host and its subdomains, which belong to others if our public URL has a path.
      strictTransportSecurity: settings.publicUrl?.protocol === 'https:' &&
        !prefix && {
          maxAge: 63072000,
          includeSubDomains: true,
        },
      xFrameOptions: { action: 'deny' },
    }),
  )
  if (isShared) app.use(crossOrigin(settings))
  app.use(head)
  app.use(health)
  app.use(reduceCheck)
  app.use(hosts(settings))
  if (isShared) app.use(preflight)
  app.use(accept)
  app.use(NOT_API, docs(settings), admin(settings))
  app.use(operations)
  app.use(sameOrigin)
  app.use(body)
  app.use(dispatch(RegisterRoutes))
  app.use(notFound)
  app.use(errorHandler)
  return app
}
