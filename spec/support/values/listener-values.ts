import type { NewListenerRow } from '../../../lib/store/listener-rows';

/** A listener as it is stored, of the hook "person" and without conditions. */
export function newListener(
  identity: string,
  {
    values,
    ...rest
  }: Partial<Omit<NewListenerRow, 'values'>> & {
    readonly values?: Partial<NewListenerRow['values']>;
  } = {},
): NewListenerRow {
  return {
    identity,
    match: [],
    keys: [],
    ...rest,
    values: {
      hook: 'person',
      operations: null,
      pattern: null,
      target: 'https://example.com/',
      content_type: 'application/json',
      format: null,
      secret: `secret of ${identity}`,
      digest: 'sha256',
      signature: 'v1',
      headers: {},
      owner: null,
      key: null,
      config: {},
      replies: true,
      delivery: {},
      ordered: false,
      max_per_second: null,
      batch: null,
      selected: null,
      previous_secret: null,
      key_ids: [],
      ...values,
    },
  };
}
