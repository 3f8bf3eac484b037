import {
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  type Transaction,
} from 'sequelize'
import { sequelize } from '../../platform/database/connection.js'
import { preparedByKey } from '../../platform/database/prepared-reads.js'
import { write } from '../../platform/database/write-queue.js'
import { duplicate, HttpError, invalid } from '../../platform/failures.js'

/** The resource of the reference API. */
export class Employee extends Model<InferAttributes<Employee>, InferCreationAttributes<Employee>> {
  /** Chosen by the client. */
  declare empid: number
  declare empname: string
  /** A string from PostgreSQL, a number from SQLite; `salaryText` is the same on both. */
  declare salary: string | number

  /** @throws {HttpError} 404 */
  static async get(empid: number): Promise<Employee> {
    const employee = await preparedByKey(Employee, empid)
    if (!employee) throw new HttpError(404, 'Not found.')
    return employee
  }

  /** @throws {HttpError} 409 when the empid is taken, 400 */
  static async add(values: Fields, transaction: Transaction): Promise<Employee> {
    const row = { ...values, ...checked(values) }
    return Employee.create(row, { transaction }).catch(duplicate('empid', 'emp with this empid already exists.'))
  }

  /**
   * @param changes what is absent stays; the empid must stay
   * @param check throws inside the transaction when the row as it is may not be changed
   * @throws {HttpError} 404, 400
   */
  static change(empid: number, changes: Partial<Fields>, check: (employee: Employee) => void): Promise<Employee> {
    if ((changes.empid ?? empid) !== empid) throw invalid({ empid: ['The empid of an employee cannot be changed.'] })
    const values = checked(changes)
    return write(async (transaction) => {
      const employee = await Employee.locked(empid, transaction)
      check(employee)
      return employee.update(values, { transaction })
    })
  }

  /** @throws {HttpError} 404 */
  static remove(empid: number, check: (employee: Employee) => void): Promise<void> {
    return write(async (transaction) => {
      const employee = await Employee.locked(empid, transaction)
      check(employee)
      await employee.destroy({ transaction })
    })
  }

  /** With two decimals, as a decimal(10,2) is written; exact for its 10 digits even where it is kept as a float. */
  get salaryText(): NonAttribute<string> {
    return (Number(this.salary) + 0).toFixed(2)
  }

  private static async locked(empid: number, transaction: Transaction): Promise<Employee> {
    const employee = await Employee.findByPk(empid, { transaction, lock: transaction.LOCK.UPDATE })
    if (!employee) throw new HttpError(404, 'Not found.')
    return employee
  }
}

interface Fields {
  empid: number
  empname: string
  salary: string | number
}

Employee.init(
  {
    empid: { type: DataTypes.INTEGER, primaryKey: true },
    empname: { type: DataTypes.TEXT, allowNull: false },
    salary: { type: DataTypes.DECIMAL, allowNull: false },
  },
  { sequelize, tableName: 'employees' },
)

/** The rules that no wire type can say: what is left of a name when it is trimmed, and the decimals of a JSON number. */
function checked({ empname, salary }: Partial<Fields>): { empname?: string; salary?: string | number } {
  const name = empname?.trim()
  if (name === '') throw invalid({ empname: ['This field may not be blank.'] })
  if (typeof salary === 'number' && !/^-?\d{1,8}(\.\d{1,2})?$/.test(String(salary)))
    throw invalid({ salary: ['Ensure that there are no more than 2 decimal places.'] })
  return {
    ...(name !== undefined && { empname: name }),
    // Without this, SQLite would keep minus zero apart from zero.
    ...(salary !== undefined && { salary: Number(salary) === 0 ? '0' : salary }),
  }
}
