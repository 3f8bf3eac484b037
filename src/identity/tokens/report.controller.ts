import { Body, Controller, NoSecurity, Post, Request, Route, Tags } from '@tsoa/runtime'
import { reportToken } from './report.js'

export interface TokenReport {
  /**
   * The value that you found where it should not be.
   * @maxLength 200
   * @example "lk_1vI4Pm0dRYmV5kXr2Cw8n6ZtQb3LhJ9sEfGaTuNoKyD4WcPq"
   */
  token: string
}

@Route('api/tokens/report')
@Tags('tokens')
export class TokenReportController extends Controller {
  /**
   * Ends a token. Anybody who has its value may do this, such as a scanner that found it. The response is the same whether or not
   * the value was known (RFC 7009).
   * @summary Report a leaked token
   */
  @Post()
  @NoSecurity()
  async reportToken(@Request() request: { id: string; address: string }, @Body() body: TokenReport): Promise<void> {
    await reportToken(body.token, {
      kind: 'holder',
      id: null,
      name: 'whoever holds it',
      address: request.address,
      requestId: request.id,
    })
  }
}
