import type { EventDecoder } from '../../../lib/capture/outbox/event-decoder';
import type { Evaluation } from '../../../lib/capture/triggers/source-evaluation';
import { Completion } from '../../../lib/dispatch/plan/completion';
import { CaptureFailedError } from '../../../lib/errors/capture-errors';
import type { ClaimedEvent } from '../../../lib/store/events';
import type { Store } from '../../../lib/store/store';

const sources = { complete: jest.fn(), skip: jest.fn() };
const events = { leave: jest.fn() };
const store = { sources, events } as unknown as Pick<Store, 'sources' | 'events'>;
const error = jest.fn();

beforeEach(() => jest.clearAllMocks());

const claimed = (id: string, source: object | null = {}): ClaimedEvent =>
  ({ id, hook: 'person', data: { name: 'a' }, source }) as unknown as ClaimedEvent;

const VALUES = { ref: 'r', sender: 's', headers: null, data: { name: 'b' }, previous: null };

/** Completes events whose evaluations are given by their ids. */
function complete(
  evaluations: Readonly<Record<string, Evaluation>>,
  { isReadable = true } = {},
): Promise<readonly { readonly id: string }[]> {
  const evaluation = {
    concerns: ({ source }: Pick<ClaimedEvent, 'source'>) => source !== null,
    evaluate: async ({ id }: ClaimedEvent) => evaluations[id] ?? { kind: 'complete' as const },
  };
  const kind = isReadable ? 'readable' : 'foreign';
  const decoder = { decode: () => ({ kind }) } as unknown as EventDecoder;
  const rows = Object.keys(evaluations).map((id) => claimed(id));
  return new Completion(evaluation, decoder, { error }).complete(store, [
    ...rows,
    claimed('copied', null),
  ]);
}

describe('Completion', () => {
  it('An evaluated event is stored and planned with what its functions returned', async () => {
    const values = { ...VALUES, raw_previous: false, targets: null };
    const rows = await complete({ one: { kind: 'evaluated', values: values as never } });
    expect(rows).toEqual([
      expect.objectContaining({ id: 'one', ref: 'r', data: { name: 'b' } }),
      claimed('copied', null),
    ]);
    expect(sources.complete).toHaveBeenCalledWith([expect.objectContaining({ id: 'one' })]);
  });

  it('An event that the hook does not want is skipped', async () => {
    expect(await complete({ one: { kind: 'unwanted' } })).toEqual([claimed('copied', null)]);
    expect(sources.skip).toHaveBeenCalledWith(new Map([['one', 'the hook leaves it out']]));
    expect(error).not.toHaveBeenCalled();
  });

  it('An event whose function failed is skipped with a reason that quotes nothing', async () => {
    const failed = new CaptureFailedError('person', 'TypeError was thrown, see `cause`.');
    await complete({
      one: { kind: 'failed', error: failed },
      two: { kind: 'failed', error: new Error('the secret is x') },
    });
    expect(sources.skip).toHaveBeenCalledWith(
      new Map([
        ['one', failed.message],
        ['two', 'a function of the hook failed'],
      ]),
    );
    expect(error).toHaveBeenCalledTimes(2);
    expect(JSON.stringify(error.mock.calls)).not.toContain('secret');
  });

  it('An event of functions that this process does not have is left to others', async () => {
    expect(await complete({ one: { kind: 'foreign' } })).toEqual([claimed('copied', null)]);
    expect(events.leave).toHaveBeenCalledWith(['one']);
  });

  it('An event that this process cannot read keeps its source', async () => {
    const rows = await complete({ one: { kind: 'unwanted' } }, { isReadable: false });
    expect(rows).toHaveLength(2);
    expect(sources.skip).toHaveBeenCalledWith(new Map());
  });
});
