import { Controller, Get, Request, Route, Security, Tags } from '@tsoa/runtime'
import type { ResourceRequest } from '../../api/wire.js'

export interface ApiRoot {
  /**
   * Where the employees are.
   * @example "http://localhost:8000/api/emp_viewset"
   */
  emp_viewset: string
}

@Route('api')
@Tags('root')
export class RootController extends Controller {
  /**
   * The addresses of the resources, as Django REST framework's router answers them.
   * @summary Show the API's root
   */
  @Get()
  @Security('Token')
  async getApiRoot(@Request() request: ResourceRequest): Promise<ApiRoot> {
    return { emp_viewset: `${request.base}/api/emp_viewset` }
  }
}
