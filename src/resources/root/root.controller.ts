import { Controller, Get, Request, Route, Security, Tags } from '@tsoa/runtime'
import type { ResourceRequest } from '../../api/wire.js'

export interface ApiRoot {
  /**
   * The address of the employees.
   * @example "http://localhost:8000/api/emp_viewset"
   */
  emp_viewset: string
}

@Route('api')
@Tags('root')
export class RootController extends Controller {
  /**
   * The addresses of the resources, in the form that Django REST framework's router returns.
   * @summary Show the API's root
   */
  @Get()
  @Security('Token')
  async getApiRoot(@Request() request: ResourceRequest): Promise<ApiRoot> {
    return { emp_viewset: `${request.base}/api/emp_viewset` }
  }
}
