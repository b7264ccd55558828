import type { EntityMetadata } from 'typeorm';
import type { Operation } from '../../hook/operation';
import type { Logger } from '../../logging/logger';
import type { HookedEntity } from '../entity/hooked-entity';
import { readable, type TableFacts } from '../entity/table-facts';

/** Writes that made no event, although their class is hooked. */
export interface UnseenWrite {
  readonly metadata: EntityMetadata;
  readonly operation: Operation;
  /** `'criteria'`: the option `criteria` is `'warn'`; `'clear'`: the table was emptied; `'refused'`: no row could be returned. */
  readonly why: 'criteria' | 'clear' | 'refused';
}

/** Says which writes of hooked classes make no event, or an incomplete one. */
export class CaptureWarnings {
  readonly #warned = new Set<string>();
  readonly #unseen = new Map<string, UnseenWrite>();
  /** Those whose columns are known to be readable, or reported. */
  readonly #checked = new WeakSet<HookedEntity>();

  constructor(private readonly logger: Logger) {}

  /** The kinds of writes that made no event since the start, each once. */
  get unseen(): readonly UnseenWrite[] {
    return [...this.#unseen.values()];
  }

  /** The option `criteria` is `'warn'`. */
  ofCriteria(metadata: EntityMetadata, operation: Operation): void {
    const { name } = metadata;
    this.#note({ metadata, operation, why: 'criteria' });
    this.#once(
      `${name} is hooked, but its "${operation}" by criteria or by query builder makes no event, because \`criteria\` is 'warn'. (Logged once.)`,
      { entity: name, operation },
    );
  }

  ofTruncate(metadata: EntityMetadata): void {
    const { name } = metadata;
    this.#note({ metadata, operation: 'remove', why: 'clear' });
    this.#once(
      `${name} is hooked, but clear() makes no event. Use delete(), or capture by triggers. (Logged once.)`,
      { entity: name, operation: 'remove' },
    );
  }

  /** The write itself is not at fault, so it is not rejected. */
  ofUntold(metadata: EntityMetadata, operation: Operation): void {
    const { name } = metadata;
    this.#note({ metadata, operation, why: 'refused' });
    this.logger.error(
      `No event was stored for "${operation}" of ${name}: its row security, rules or the rights of the role do not permit that the ` +
        'written rows are returned. Capture by triggers makes events of such writes.',
      { entity: name, operation },
    );
  }

  /** Reading such a column would fail, and with it the write. */
  ofUnreadable(hooked: readonly HookedEntity[], facts: TableFacts): void {
    for (const one of hooked) if (!this.#checked.has(one)) this.#check(one, facts);
  }

  #check(one: HookedEntity, facts: TableFacts): void {
    this.#checked.add(one);
    const { hook, metadata, provided } = one;
    const read = new Set(readable(provided, facts));
    const unread = provided.filter((field) => !read.has(field)).map(({ path }) => path);
    if (unread.length === 0) return;
    this.logger.error(
      `Hook "${hook.name}" provides ${unread.join(', ')} of ${metadata.name}, which the table lacks or the role may not read; ` +
        'its events leave them out. (Logged once.)',
      { entity: metadata.name, hook: hook.name },
    );
  }

  #note(write: UnseenWrite): void {
    this.#unseen.set(`${write.metadata.tablePath} ${write.operation} ${write.why}`, write);
  }

  #once(message: string, facts: Readonly<Record<string, unknown>>): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.logger.warn(message, facts);
  }
}
