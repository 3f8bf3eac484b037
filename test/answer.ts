import type { ClientRequest, IncomingHttpHeaders } from 'node:http'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Sends a request that has been opened. @throws the network's error when there is no whole answer */
export function answerTo(request: ClientRequest, json?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('response', (response) => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
        .on('error', reject)
    })
    request.on('error', reject).end(json && JSON.stringify(json))
  })
}
