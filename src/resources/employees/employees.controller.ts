import {
  Body,
  Delete,
  Get,
  Header,
  Patch,
  Path,
  Post,
  Put,
  Queries,
  Query,
  Request,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import { resource } from '../../api/resource.js'
import { decimalText } from '../../api/values.js'
import type { Paging, ResourceRequest } from '../../api/wire.js'
import { Employee } from './employee.js'

/**
 * The primary key, chosen by the client. It may be negative.
 * @isInt
 * @minimum -2147483648
 * @maximum 2147483647
 * @example 101
 */
type Empid = number

/**
 * @minimum -99999999.99 Ensure that there are no more than 8 digits before the decimal point.
 * @maximum 99999999.99 Ensure that there are no more than 8 digits before the decimal point.
 */
type SalaryNumber = number

export interface EmployeeInput {
  /**
   * The primary key, chosen by the client. It may be negative.
   * @isInt
   * @minimum -2147483648
   * @maximum 2147483647
   * @example 101
   */
  empid: number
  /**
   * The name of the employee. Spaces around it are dropped.
   * @minLength 1
   * @maxLength 20
   * @example "Srinu"
   */
  empname: string
  /**
   * At most 8 digits before the decimal point and 2 after it, as text or as a JSON number. It is never rounded.
   * @pattern ^-?\d{1,8}(\.\d{1,2})?$ A valid number is required, with at most 8 digits before the decimal point and 2 after it.
   * @minimum -99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   * @maximum 99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   * @example "20000.00"
   */
  salary: string | number
}

/** Fields that are absent stay as they are. */
export interface EmployeePatch extends Partial<EmployeeInput> {}

export interface EmployeeView {
  empid: Empid
  /**
   * The name of the employee.
   * @example "Srinu"
   */
  empname: string
  /**
   * Always with two decimals.
   * @pattern ^-?\d{1,8}\.\d{2}$
   * @example "20000.00"
   */
  salary: string
}

/** @example "-salary" */
type EmployeeOrdering = 'empid' | '-empid' | 'empname' | '-empname' | 'salary' | '-salary'

interface EmployeeQuery extends Paging {
  ordering?: EmployeeOrdering
  empid?: Empid
  /** @maxLength 20 */
  empname?: string
  /** @maxLength 20 */
  empname_contains?: string
  salary?: SalaryNumber
  salary_min?: SalaryNumber
  salary_max?: SalaryNumber
}

const employees = resource(Employee, {
  view: ({ empid, empname, salary }): EmployeeView => ({ empid, empname, salary: decimalText(salary, 2) }),
  search: ['empname'],
  noun: 'emp',
})

@Route('api/emp_viewset')
@Tags('employees')
@Security('Token', ['employees:write'])
export class EmployeesController {
  @Get()
  @Security('Token', ['employees:read'])
  listEmployees(@Request() request: ResourceRequest, @Queries() query: EmployeeQuery): Promise<EmployeeView[]> {
    return employees.list(request, query)
  }

  @Get('{empid}')
  @Security('Token', ['employees:read'])
  getEmployee(@Request() request: ResourceRequest, @Path() empid: Empid): Promise<EmployeeView> {
    return employees.get(request, empid)
  }

  @Post()
  @SuccessResponse(201, 'Created')
  createEmployee(
    @Request() request: ResourceRequest,
    @Body() body: EmployeeInput,
    @Header('Idempotency-Key') idempotencyKey?: string,
  ): Promise<EmployeeView> {
    return employees.create(request, body, idempotencyKey)
  }

  /** @maxItems body 1000 At most 1000 rows. */
  @Post('bulk')
  @SuccessResponse(201, 'Created')
  bulkCreateEmployees(
    @Request() request: ResourceRequest,
    @Body() body: EmployeeInput[],
    @Query() validate?: boolean,
    @Header('Idempotency-Key') idempotencyKey?: string,
  ): Promise<EmployeeView[]> {
    return employees.bulkCreate(request, body, { validate, idempotencyKey })
  }

  @Put('{empid}')
  replaceEmployee(
    @Request() request: ResourceRequest,
    @Path() empid: Empid,
    @Body() body: EmployeeInput,
    @Header('If-Match') ifMatch?: string,
  ): Promise<EmployeeView> {
    return employees.change(request, empid, body, ifMatch)
  }

  @Patch('{empid}')
  updateEmployee(
    @Request() request: ResourceRequest,
    @Path() empid: Empid,
    @Body() body: EmployeePatch,
    @Header('If-Match') ifMatch?: string,
  ): Promise<EmployeeView> {
    return employees.change(request, empid, body, ifMatch)
  }

  @Delete('{empid}')
  deleteEmployee(
    @Request() request: ResourceRequest,
    @Path() empid: Empid,
    @Header('If-Match') ifMatch?: string,
  ): Promise<void> {
    return employees.remove(request, empid, ifMatch)
  }
}
