export { bullmq } from './bullmq';
export { BULLMQ_DEFAULTS, type BullmqOptions } from './options';
