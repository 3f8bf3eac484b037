import type { Context } from './context.js'

/**
 * The resource of the reference API. A scale in the type would make PostgreSQL round what SQLite refuses; SQLite keeps
 * a float, which is exact for these 10 digits.
 */
export async function up({ text, ofType, table, run, joinEveryone }: Context) {
  await run(`CREATE TABLE ${table('employees')} (
    empid INTEGER PRIMARY KEY NOT NULL CHECK (empid BETWEEN -2147483648 AND 2147483647),
    empname ${text} NOT NULL CHECK (length(empname) BETWEEN 1 AND 20 AND ${ofType('empname', 'text')}),
    salary NUMERIC NOT NULL
      CHECK (salary = round(salary, 2) AND abs(salary) < 100000000 AND ${ofType('salary', 'integer', 'real')})
  )`)
  await run(`CREATE INDEX employees_empname ON ${table('employees')} (empname, empid)`)
  await joinEveryone('employees')
  await run(`CREATE INDEX employees_salary ON ${table('employees')} (salary, empid)`)
}
