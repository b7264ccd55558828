import { isObjectLiteral } from '../../base/json';
import { checkedOptions } from '../../options/checked';
import { isOptions, type Rule, type Shape, TEXT_OR_NULL } from '../../options/rules';

/** What an event of a hook without an entity may have beside its data. */
export interface CallOptions {
  /** Whose event it is. */
  readonly sender?: string;
  /** Canonical URL of the resource. */
  readonly ref?: string;
  /** Extra request headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const CALL_SHAPE: Shape<CallOptions> = {
  sender: TEXT_OR_NULL,
  ref: TEXT_OR_NULL,
  headers: {
    accepts: (value) =>
      isObjectLiteral(value) && Object.values(value).every((one) => typeof one === 'string'),
    expected: 'an object of texts by header name',
  },
};

export const DATA: Rule = { accepts: isOptions, expected: 'an object of values by field' };

/** Throws `OPTION_INVALID`. A member that is null is left out. */
export function givenOptions<Options extends object>(
  given: Options,
  shape: Shape<Options>,
): Options {
  const options = checkedOptions(given, shape);
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== null),
  ) as Options;
}
