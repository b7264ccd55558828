import { ModelHookError } from './model-hook-error';

/** A test receiver did not get the requests that a test waits for. */
export class TestTimeoutError extends ModelHookError {
  readonly code = 'TEST_TIMEOUT';
  constructor(
    readonly expected: number,
    readonly received: number,
    /** Why other requests were refused. */
    readonly refusals: readonly string[],
  ) {
    const refused =
      refusals.length > 0 ? `; ${refusals.length} refused: ${refusals.join(', ')}` : '';
    super(
      `Expected ${expected} verified requests, got ${received}${refused}. Was the write committed, and does a process send? ` +
        'hooks.testing.deliver() sends what is stored.',
    );
  }
}
