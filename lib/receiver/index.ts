/**
 * Verifies the requests that this package sends.
 *
 * @module typeorm-model-hooks/receiver
 */

export type { VerificationReason } from '../errors/codes';
export { VerificationError } from '../errors/receiver-errors';
export { type MemoryStoreOptions, memoryStore } from './memory-store';
export type { ReceivedHeaders } from './received-headers';
export { type Verified, type VerifyOptions, verify } from './verify';
export {
  type OnceOptions,
  type RepeatStore,
  type VerifiedOnce,
  verifyOnce,
} from './verify-once';
