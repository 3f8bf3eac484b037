import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Patch,
  Path,
  Post,
  Put,
  Queries,
  Request,
  Route,
  Security,
  SuccessResponse,
  Tags,
} from '@tsoa/runtime'
import { requireMatch } from '../../api/conditional.js'
import { once, type Retriable } from '../../api/idempotency.js'
import { page, pageHeaders } from '../../api/paging.js'
import type { Located, Paging } from '../../api/wire.js'
import { Employee } from './employee.js'

/**
 * @isInt A valid integer is required.
 * @minimum -2147483648 Ensure this value is from -2147483648 to 2147483647.
 * @maximum 2147483647 Ensure this value is from -2147483648 to 2147483647.
 * @example 101
 */
type Empid = number

export interface EmployeeInput {
  /**
   * The primary key, chosen by the client; also negative.
   * @isInt A valid integer is required.
   * @minimum -2147483648 Ensure this value is from -2147483648 to 2147483647.
   * @maximum 2147483647 Ensure this value is from -2147483648 to 2147483647.
   * @example 101
   */
  empid: number
  /**
   * Spaces around it are dropped.
   * @isString Not a valid string.
   * @minLength 1 This field may not be blank.
   * @maxLength 20 Ensure this field has no more than 20 characters.
   * @example "Srinu"
   */
  empname: string
  /**
   * At most 8 digits before the decimal point and 2 after it, as text or as a JSON number; never rounded.
   * @isString A valid number is required.
   * @isDouble A valid number is required.
   * @pattern ^-?\d{1,8}(\.\d{1,2})?$ A valid number is required, with at most 8 digits before the decimal point and 2 after it.
   * @minimum -99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   * @maximum 99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   * @example "20000.00"
   */
  salary: string | number
}

/** What is absent stays as it is. */
export interface EmployeePatch extends Partial<EmployeeInput> {}

export interface EmployeeView {
  empid: Empid
  /** @example "Srinu" */
  empname: string
  /**
   * Always with two decimals.
   * @pattern ^-?\d{1,8}\.\d{2}$
   * @example "20000.00"
   */
  salary: string
}

interface EmployeeQuery extends Paging {
  /**
   * The order of the rows; a minus means descending, equal rows follow by empid.
   * @example "-salary"
   */
  ordering?: 'empid' | '-empid' | 'empname' | '-empname' | 'salary' | '-salary'
  /**
   * @isInt A valid integer is required.
   * @minimum -2147483648 Ensure this value is from -2147483648 to 2147483647.
   * @maximum 2147483647 Ensure this value is from -2147483648 to 2147483647.
   */
  empid?: number
  /** @maxLength 20 Ensure this value has no more than 20 characters. */
  empname?: string
  /**
   * A-Z match a-z.
   * @maxLength 20 Ensure this value has no more than 20 characters.
   */
  empname_contains?: string
  /**
   * @isDouble A valid number is required.
   * @minimum -99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   * @maximum 99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   */
  salary?: number
  /**
   * @isDouble A valid number is required.
   * @minimum -99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   * @maximum 99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   */
  salary_min?: number
  /**
   * @isDouble A valid number is required.
   * @minimum -99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   * @maximum 99999999.99 Ensure that there are no more than 8 digits before the decimal point.
   */
  salary_max?: number
}

@Route('api/emp_viewset')
@Tags('employees')
export class EmployeesController extends Controller {
  /**
   * Employees, page by page: a `Link` header tells the next page, `rel="next"`, and the one before, `rel="prev"`.
   * @summary List employees
   */
  @Get()
  @Security('Token', ['employees:read'])
  async listEmployees(@Request() request: Located, @Queries() query: EmployeeQuery): Promise<EmployeeView[]> {
    const found = await page(Employee, query, { search: ['empname'] })
    for (const [name, value] of pageHeaders(found, request, query)) this.setHeader(name, value)
    return found.rows.map(view)
  }

  /**
   * One employee. Its `ETag` serves `If-None-Match` here and `If-Match` on writes.
   * @summary Get an employee
   */
  @Get('{empid}')
  @Security('Token', ['employees:read'])
  async getEmployee(@Path() empid: Empid): Promise<EmployeeView> {
    return view(await Employee.get(empid))
  }

  /**
   * Adds an employee under an empid that is free.
   * @summary Create an employee
   * @param idempotencyKey Chosen by the client for this create: a retry with the same one gets the first answer for 24 hours, and makes nothing.
   * @example idempotencyKey "4f1c2a9e-create-101"
   */
  @Post()
  @SuccessResponse(201, 'Created')
  @Security('Token', ['employees:write'])
  async createEmployee(
    @Request() request: Retriable,
    @Body() body: EmployeeInput,
    @Header('Idempotency-Key') idempotencyKey?: string,
  ): Promise<EmployeeView> {
    const created = await once(request, { key: idempotencyKey, body }, async (transaction) =>
      view(await Employee.add(body, transaction)),
    )
    this.setHeader('Location', `/api/emp_viewset/${created.empid}`)
    return created
  }

  /**
   * Sets every field; it never creates.
   * @summary Replace an employee
   */
  @Put('{empid}')
  @Security('Token', ['employees:write'])
  async replaceEmployee(
    @Path() empid: Empid,
    @Body() body: EmployeeInput,
    @Header('If-Match') ifMatch?: string,
  ): Promise<EmployeeView> {
    return view(await Employee.change(empid, body, (employee) => requireMatch(ifMatch, view(employee))))
  }

  /**
   * Sets the fields that are given.
   * @summary Update an employee
   */
  @Patch('{empid}')
  @Security('Token', ['employees:write'])
  async updateEmployee(
    @Path() empid: Empid,
    @Body() body: EmployeePatch,
    @Header('If-Match') ifMatch?: string,
  ): Promise<EmployeeView> {
    return view(await Employee.change(empid, body, (employee) => requireMatch(ifMatch, view(employee))))
  }

  /**
   * Removes an employee.
   * @summary Delete an employee
   */
  @Delete('{empid}')
  @Security('Token', ['employees:write'])
  async deleteEmployee(@Path() empid: Empid, @Header('If-Match') ifMatch?: string): Promise<void> {
    await Employee.remove(empid, (employee) => requireMatch(ifMatch, view(employee)))
  }
}

function view(employee: Employee): EmployeeView {
  return { empid: employee.empid, empname: employee.empname, salary: employee.salaryText }
}
