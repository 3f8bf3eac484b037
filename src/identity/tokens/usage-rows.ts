import { DataTypes, type InferAttributes, type InferCreationAttributes, Model } from 'sequelize'
import { sequelize } from '../../platform/database/connection.js'

/** A scope that a token has actually used. */
export class TokenScope extends Model<InferAttributes<TokenScope>, InferCreationAttributes<TokenScope>> {
  declare tokenId: number
  declare scope: string
  declare lastUsedAt: Date
}

/** A network that a token has been used from. */
export class TokenNetwork extends Model<InferAttributes<TokenNetwork>, InferCreationAttributes<TokenNetwork>> {
  declare tokenId: number
  declare network: string
}

TokenScope.init(
  {
    tokenId: { type: DataTypes.INTEGER, primaryKey: true },
    scope: { type: DataTypes.TEXT, primaryKey: true },
    lastUsedAt: { type: DataTypes.DATE, allowNull: false },
  },
  { sequelize, tableName: 'token_scopes' },
)

TokenNetwork.init(
  {
    tokenId: { type: DataTypes.INTEGER, primaryKey: true },
    network: { type: DataTypes.TEXT, primaryKey: true },
  },
  { sequelize, tableName: 'token_networks' },
)
