import type { Hook } from '../../hook/hook';
import {
  CAPTURE_KINDS,
  type CaptureKind,
  TRUNCATE_ACTIONS,
  type TruncateAction,
} from '../../hook/options';
import { BOOLEAN, oneOf, type Shape } from '../../options/rules';

/** How changes are captured, and what triggers do. */
export interface TriggerOptions {
  /**
   * What captures the changes of hooks that do not say it themselves: `'subscribers'` inside TypeORM, or `'triggers'` of the database,
   * which see every write. @defaultValue `'subscribers'`
   */
  readonly capture?: CaptureKind;
  /**
   * What a `TRUNCATE` of a table with triggers does: `'expand'` makes a `remove` of each row, `'refuse'` makes it fail, `'ignore'` makes
   * no event. @defaultValue `'expand'`
   */
  readonly truncate?: TruncateAction;
  /**
   * Whether `attach` installs triggers that are missing or outdated, for development and tests. Otherwise it rejects with
   * `TRIGGERS_OUTDATED`. @defaultValue `false`
   */
  readonly installTriggers?: boolean;
}

/** The part of the options that the definitions of triggers depend on. */
export type DefinitionOptions = Required<Pick<TriggerOptions, 'capture' | 'truncate'>>;

export const TRIGGER_DEFAULTS = {
  capture: 'subscribers',
  truncate: 'expand',
  installTriggers: false,
} as const satisfies Required<TriggerOptions>;

export const TRIGGER_SHAPE: Shape<TriggerOptions> = {
  capture: oneOf(...CAPTURE_KINDS),
  truncate: oneOf(...TRUNCATE_ACTIONS),
  installTriggers: BOOLEAN,
};

/** Whether triggers capture the changes of a hook. Those of a defined hook are captured by nothing. */
export function isByTriggers(
  { metadata, declared }: Pick<Hook, 'metadata' | 'declared'>,
  { capture }: Pick<DefinitionOptions, 'capture'>,
): boolean {
  return metadata !== null && (declared.capture ?? capture) === 'triggers';
}
