/**
 * Captures events, records requests and signs them, for tests of applications.
 *
 * @module typeorm-model-hooks/testing
 */

export {
  type CapturedEvents,
  type CaptureEventsOptions,
  captureEvents,
} from './capture-events';
export type { EntityData, EventOf, HookTypes, JsonOf } from './event-types';
export type { ReceivedRequest } from './requests';
export { type SignedRequest, type SignedRequestOptions, signedRequest } from './signed-request';
export {
  type TestReceiver,
  type TestReceiverOptions,
  type TestReplyOptions,
  testReceiver,
  type WaitForOptions,
} from './test-receiver';
