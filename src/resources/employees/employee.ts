import { DataTypes, type InferAttributes, type InferCreationAttributes, Model } from 'sequelize'
import { sequelize } from '../../platform/database/connection.js'
import { invalid } from '../../platform/failures.js'

/** The resource of the reference API. */
export class Employee extends Model<InferAttributes<Employee>, InferCreationAttributes<Employee>> {
  /** Chosen by the client. */
  declare empid: number
  declare empname: string
  /** A string from PostgreSQL, a number from SQLite; `salaryText` is the same on both. */
  declare salary: string | number
}

Employee.init(
  {
    empid: { type: DataTypes.INTEGER, primaryKey: true },
    empname: { type: DataTypes.TEXT, allowNull: false },
    salary: { type: DataTypes.DECIMAL, allowNull: false },
  },
  { sequelize, tableName: 'employees' },
)

/** With two decimals, as a decimal(10,2) is written; exact for its 10 digits even where it is kept as a float. */
export function salaryText({ salary }: Pick<Employee, 'salary'>): string {
  return (Number(salary) + 0).toFixed(2)
}

/**
 * The rules that no wire type can say: that the key stays, and the decimals of a JSON number.
 * @throws {HttpError} 400
 */
export function checked(values: Partial<InferAttributes<Employee>>, row?: Employee): typeof values {
  const { empid, empname, salary } = values
  if (row && (empid ?? row.empid) !== row.empid)
    throw invalid({ empid: ['The empid of an employee cannot be changed.'] })
  if (typeof salary === 'number' && !/^-?\d{1,8}(\.\d{1,2})?$/.test(String(salary)))
    throw invalid({ salary: ['Ensure that there are no more than 2 decimal places.'] })
  return {
    ...(empname !== undefined && { empname }),
    // Without this, SQLite would keep minus zero apart from zero.
    ...(salary !== undefined && { salary: Number(salary) === 0 ? '0' : salary }),
  }
}
