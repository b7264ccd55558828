import { nearestName } from '../../base/nearest';
import type { HookCatalog } from '../../hook/catalog';
import { eventNames } from '../../hook/hook';
import type { Logger } from '../../logging/logger';
import { isReadAsBase64, isWeak } from '../../signing/secret';
import type { ListenerDraft } from '../declared/builder';
import { hooksOf, patternsOf } from '../declared/pattern';

/** Different warnings that are remembered. Beyond them, none is logged. */
const MAX_WARNINGS = 1_000;

/** Warns of values that a listener may have, but that are probably mistakes. Each warning is logged once, and shows no secret. */
export class UnlikelyValues {
  readonly #warned = new Set<string>();
  /** Those that were checked. `'*'` is no mistake. */
  readonly #patterns = new Set(['*']);

  constructor(
    private readonly catalog: HookCatalog,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  check({ hook, pattern, options: { secret } }: ListenerDraft): void {
    if (pattern !== null) this.#checkPattern(pattern);
    if (secret === undefined) return;
    const of = `The secret of a listener of "${hook ?? pattern}"`;
    if (isWeak(secret))
      this.#warn(
        `${of} has less than 16 bytes and can be guessed. Leave \`secret\` out to have one generated.`,
      );
    else if (isReadAsBase64(secret))
      this.#warn(
        `${of} is base64 without the prefix "whsec_". Requests are signed with its text, but libraries of Standard Webhooks decode it. ` +
          'Add the prefix, or use such a library with the option `format: "raw"`.',
      );
  }

  #checkPattern(pattern: string): void {
    if (this.#patterns.has(pattern) || this.#patterns.size >= MAX_WARNINGS) return;
    this.#patterns.add(pattern);
    if (hooksOf({ hook: null, pattern }, this.catalog).length > 0) return;
    const known = this.catalog.all().flatMap((hook) => eventNames(hook).flatMap(patternsOf));
    const nearest = nearestName(pattern, [...new Set(known)]);
    const hint = nearest === null ? '' : ` Did you mean "${nearest}"?`;
    this.#warn(`No hook that is attached here makes events of the name "${pattern}".${hint}`);
  }

  #warn(text: string): void {
    if (this.#warned.has(text) || this.#warned.size >= MAX_WARNINGS) return;
    this.#warned.add(text);
    this.logger.warn(text);
  }
}
