/**
 * Carries deliveries to workers through a queue of BullMQ.
 *
 * @module typeorm-model-hooks/bullmq
 */

export { bullmq } from './bullmq';
export { BULLMQ_DEFAULTS, type BullmqOptions } from './options';
