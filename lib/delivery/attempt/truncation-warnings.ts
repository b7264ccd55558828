import { remember } from '../../base/remember';
import type { HookEvent } from '../../hook/event';
import type { Logger } from '../../logging/logger';

/** Events remembered, so that one with a million listeners is warned of once. */
const MAX_REMEMBERED = 1_000;

/** Warns of events whose bodies are too long, once each. */
export class TruncationWarnings {
  readonly #warned = new Map<string, true>();

  constructor(private readonly logger: Logger) {}

  readonly note = ({ id, hook }: HookEvent, bytes: number, maxPayloadBytes: number): void => {
    if (this.#warned.has(id)) return;
    remember(this.#warned, MAX_REMEMBERED, id, true);
    const facts = { eventId: id, hook, bytes, maxPayloadBytes };
    this.logger.warn('An event is too large, and is sent without its data.', facts);
  };
}
