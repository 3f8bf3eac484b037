import { DataTypes, type InferAttributes, type InferCreationAttributes, Model } from 'sequelize'
import { sequelize } from '../../platform/database/connection.js'

/** The resource of the reference API. */
export class Employee extends Model<InferAttributes<Employee>, InferCreationAttributes<Employee>> {
  /** Chosen by the client. */
  declare empid: number
  declare empname: string
  /** A string from PostgreSQL, a number from SQLite. */
  declare salary: string | number
}

Employee.init(
  {
    empid: { type: DataTypes.INTEGER, primaryKey: true },
    empname: { type: DataTypes.TEXT, allowNull: false },
    salary: { type: DataTypes.DECIMAL(10, 2), allowNull: false },
  },
  { sequelize, tableName: 'employees' },
)
