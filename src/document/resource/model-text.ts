import { type Column, columnsOf, quoted } from './columns.js'
import type { Plan } from './plan.js'
import { pascal } from './words.js'

/** The Sequelize model of a planned resource. */
export function modelText(plan: Plan): string {
  const name = pascal(plan.singular)
  const columns = columnsOf(plan)
  const types = ['DataTypes', 'type InferAttributes', 'type InferCreationAttributes', 'Model']
  if (columns.some(isCreationOptional)) types.unshift('type CreationOptional')
  return `import { ${types.join(', ')} } from 'sequelize'
import { sequelize } from '../../platform/database/connection.js'

export class ${name} extends Model<InferAttributes<${name}>, InferCreationAttributes<${name}>> {
${columns.map((column) => `  declare ${column.attribute}: ${declared(column)}`).join('\n')}
}

${name}.init(
  {
${columns.map((column) => `    ${column.attribute}: ${attribute(column)},`).join('\n')}
  },
  { sequelize, tableName: ${quoted(plan.name)} },
)
`
}

function isCreationOptional({ isOptional }: Column) {
  return isOptional
}

function declared(column: Column): string {
  const type = `${plainType(column)}${column.isNull ? ' | null' : ''}`
  return isCreationOptional(column) ? `CreationOptional<${type}>` : type
}

/** The type in code. A decimal is a number on SQLite and a text on PostgreSQL. */
function plainType({ rule }: Column): string {
  if (rule.kind === 'enum') return rule.values.map(quoted).join(' | ')
  return TYPES[rule.kind === 'reference' ? rule.key.kind : rule.kind]![0]
}

/** The types in code and in Sequelize. */
const TYPES: Record<string, [code: string, sequelize: string]> = {
  id: ['number', 'INTEGER'],
  uuid: ['string', 'UUID'],
  text: ['string', 'TEXT'],
  enum: ['string', 'TEXT'],
  integer: ['number', 'INTEGER'],
  decimal: ['string | number', 'DECIMAL'],
  boolean: ['boolean', 'BOOLEAN'],
  date: ['string', 'DATEONLY'],
  time: ['Date', 'DATE'],
}

function attribute(column: Column): string {
  const { rule, isKey, isNull, isUnique, default: value } = column
  const [, type] = TYPES[rule.kind === 'reference' ? rule.key.kind : rule.kind]!
  const whole = `DataTypes.${type}${rule.kind === 'decimal' ? `(${rule.digits}, ${rule.decimals})` : ''}`
  const parts = [
    ...(isKey ? ['primaryKey: true'] : []),
    ...(isKey && rule.kind === 'id' ? ['autoIncrement: true'] : []),
    ...(isKey && rule.kind === 'uuid' ? ['defaultValue: DataTypes.UUIDV4'] : []),
    ...(isKey || isNull ? [] : ['allowNull: false']),
    ...(isUnique ? ['unique: true'] : []),
    ...(value === undefined ? [] : [`defaultValue: ${rule.kind === 'time' ? `new Date('${value}')` : inCode(value)}`]),
    ...(rule.kind === 'text' && rule.least === 0 ? [`validate: { len: [0, ${rule.most}] }`] : []),
    ...(rule.kind === 'reference'
      ? [`references: { model: ${quoted(rule.table)}, key: ${quoted(rule.key.name)} }`]
      : []),
  ]
  return parts.length === 0 ? whole : `{ type: ${[whole, ...parts].join(', ')} }`
}

function inCode(value: string | number | boolean) {
  return typeof value === 'string' ? quoted(value) : String(value)
}
