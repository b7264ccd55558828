import { errors } from 'undici';
import { isPlainObject } from '../../base/json';
import { RecipientRefusedError } from '../../errors/recipient-errors';
import type { Reply } from './reply';

/** An error whose message names nothing that the owner of a listener must not see, such as an address that a name resolved to. */
export class Trouble extends Error {}

/** No complete reply came in time. */
export class TimedOut extends Trouble {
  constructor(timeoutMs: number) {
    super(`no complete reply within ${timeoutMs} ms`);
  }
}

/** The policy forbids an address that a name resolved to. Only its cause names the address. */
export class RefusedAddress extends Error {
  constructor(hostname: string, { setting, message }: RecipientRefusedError) {
    super(`${hostname} is refused: ${refusalBy(setting)} (delivery.recipients.${setting}).`, {
      cause: new Error(message),
    });
  }
}

function refusalBy(setting: string): string {
  return setting === 'validators'
    ? 'a validator refuses its address'
    : 'its address is not allowed';
}

/**
 * The reply for a request that failed. Its `reason` is for the owner of the listener. It holds no message of the system: these name
 * addresses, and an owner could ask for the addresses of internal names. Such a message is the `detail`, for operators.
 */
export function troubleOf(error: unknown): Reply {
  if (error instanceof TimedOut)
    return { kind: 'unanswered', reason: error.message, timedOut: true };
  // The owner wrote what the error names.
  if (error instanceof RecipientRefusedError) return { kind: 'refused', reason: error.message };
  if (error instanceof RefusedAddress)
    return { kind: 'refused', reason: error.message, ...detailOf(error.cause, error.message) };
  const reason = reasonOf(error);
  return { kind: 'unanswered', reason, ...detailOf(error, reason) };
}

function detailOf(error: unknown, reason: string): { readonly detail?: string } {
  const detail = messageOf(error);
  return detail === '' || detail === reason ? {} : { detail };
}

function messageOf(error: unknown): string {
  const several = errorsOf(error);
  if (several.length > 0) return several.map(messageOf).join('; ');
  return isPlainObject(error) ? String(error.message) : String(error);
}

/** The errors of the addresses that were connected to; empty if it was one. */
export function errorsOf(error: unknown): readonly unknown[] {
  return isPlainObject(error) && Array.isArray(error.errors) ? error.errors : [];
}

/** Codes of errors with fixed messages: those of OpenSSL about a certificate, and those of undici. */
const FIXED =
  /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|HPE_|UND_ERR_(?:SOCKET|HEADERS_|RES_))/;

const WHAT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the name has no address',
  EAI_AGAIN: 'the name could not be resolved',
  ERR_TLS_CERT_ALTNAME_INVALID: "the name does not match certificate's altnames",
};

function reasonOf(error: unknown): string {
  const [first] = errorsOf(error);
  if (first !== undefined) return reasonOf(first);
  if (error instanceof Trouble || error instanceof errors.HTTPParserError) return error.message;
  const code = codeOf(error);
  if (code === null) return 'the request failed';
  return FIXED.test(code) ? messageOf(error) : `${WHAT[code] ?? 'the request failed'} (${code})`;
}

/** The code of an error, such as `ECONNREFUSED`. */
export function codeOf(error: unknown): string | null {
  // Errors of Node.js may come from another realm, so `instanceof` does not find them.
  const code = isPlainObject(error) ? error.code : null;
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : null;
}
