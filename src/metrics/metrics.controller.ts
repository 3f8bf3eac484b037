import { Readable } from 'node:stream'
import { Controller, Example, Get, Produces, Route, Security, Tags } from '@tsoa/runtime'
import { CONTENT_TYPE } from './metrics.js'
import { metrics } from './together.js'

@Route('metrics')
@Tags('metrics')
export class MetricsController extends Controller {
  /**
   * Metrics for Prometheus: requests, sign-ins, queues and caches, counted since the start, for all workers together.
   * @summary Show the metrics
   */
  @Get()
  @Produces('text/plain')
  @Example('latchkey_requests_total{operation="getEmployee",status="200"} 7\n')
  @Security('Token', ['metrics:read'])
  async getMetrics(): Promise<Readable> {
    this.setHeader('Content-Type', CONTENT_TYPE)
    // tsoa would send a string as JSON.
    return Readable.from([await metrics()])
  }
}
