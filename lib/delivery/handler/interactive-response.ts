import type { JsonValue } from '../../base/json';

/** The answer of an interactive hook. */
export interface InteractiveResponse {
  readonly status: 'success' | 'fail';
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: JsonValue;
  /** Why it failed. It is stored with the delivery and not given to the caller. */
  readonly output?: JsonValue;
}

/**
 * Makes the answers of handlers of interactive hooks.
 *
 * @example
 * hooks.handler('quote', (event) =>
 *   event.data.amount === 0
 *     ? InteractiveResponse.fail(422, null, { message: 'The amount is zero.' })
 *     : InteractiveResponse.done(200, null, { price: 12 }),
 * );
 */
export const InteractiveResponse = {
  /** The call succeeded. */
  done(
    httpStatus: number = 200,
    headers: InteractiveResponse['headers'] = null,
    body: JsonValue = null,
  ): InteractiveResponse {
    return { status: 'success', httpStatus, headers, body };
  },
  /** The call failed. `output` says why; it is stored and not given to the caller. */
  fail(
    httpStatus: number = 400,
    headers: InteractiveResponse['headers'] = null,
    body: JsonValue = null,
    output?: JsonValue,
  ): InteractiveResponse {
    return { status: 'fail', httpStatus, headers, body, ...(output !== undefined && { output }) };
  },
} as const;
