/**
 * Verifies the requests that this package sends.
 *
 * @module typeorm-model-hooks/receiver
 */

export type { VerificationReason } from '../errors/codes';
export { KeysUnavailableError, VerificationError } from '../errors/receiver-errors';
export { type JwksOptions, jwks, type KeySource } from './jwks';
export type { VerifyKey, VerifyKeys } from './keys';
export { type MemoryStoreOptions, memoryStore } from './memory-store';
export type { ReceivedHeaders } from './received-headers';
export type { BatchOf, Verified, VerifiedEvent } from './verified';
export { type VerifyOptions, verify } from './verify';
export {
  type OnceOptions,
  type RepeatStore,
  type VerifiedOnce,
  verifyOnce,
} from './verify-once';
