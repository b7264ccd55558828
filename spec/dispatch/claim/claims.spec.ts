import type { Chunk } from '../../../lib';
import { Claims, wasUnheld } from '../../../lib/dispatch/claim/claims';
import type { Store } from '../../../lib/store/store';
import type { DueClaim, DueClaimed } from '../../../lib/store/turns';

const CHUNK: Chunk = { id: 'c', token: '1', eventIds: ['e'], listenerIds: ['l'] };
const LEASE = { processId: 'p', leaseMs: 30_000 };
const RESTRAINTS = new Map([
  ['barred', 0],
  ['slowed', 5],
]);

describe('Claims', () => {
  it('due() returns the chunk that the store makes, of the size that the dispatcher wants', async () => {
    const { claims, turns } = newClaims(20);
    turns.claimDue.mockResolvedValueOnce({ chunk: CHUNK, turns: 1 });
    expect(await claims.due(RESTRAINTS)).toBe(CHUNK);
    expect(turns.claimDue.mock.calls).toEqual([
      [{ chunkId: expect.any(String), chunkSize: 20, lease: LEASE, restraints: RESTRAINTS }],
    ]);
  });

  it('due() claims again while turns hold no delivery that can be claimed', async () => {
    const { claims, turns } = newClaims();
    turns.claimDue
      .mockResolvedValueOnce({ chunk: null, turns: 3 })
      .mockResolvedValueOnce({ chunk: CHUNK, turns: 1 });
    expect(await claims.due(RESTRAINTS)).toBe(CHUNK);
    const ids = turns.claimDue.mock.calls.map(([{ chunkId }]) => chunkId);
    expect(new Set(ids).size).toBe(2);
  });

  it('due() ends when no turn is left', async () => {
    const { claims, turns } = newClaims();
    expect(await claims.due(RESTRAINTS)).toBeNull();
    expect(turns.claimDue).toHaveBeenCalledTimes(1);
  });

  it('due() gives up after 16 claims without a chunk, so that other work gets its turn', async () => {
    const { claims, turns } = newClaims();
    turns.claimDue.mockResolvedValue({ chunk: null, turns: 1 });
    expect(await claims.due(RESTRAINTS)).toBeNull();
    expect(turns.claimDue).toHaveBeenCalledTimes(16);
  });

  it('nextDueMs() disregards the listeners that nothing may be claimed for', async () => {
    const { claims, turns } = newClaims();
    expect(await claims.nextDueMs(RESTRAINTS)).toBe(7);
    expect(turns.nextDueMs).toHaveBeenCalledWith(['barred']);
  });

  it('wasUnheld() is true only for the first lease of a chunk', () => {
    expect(['0', '1', '2'].map((token) => wasUnheld({ ...CHUNK, token }))).toEqual([
      false,
      true,
      false,
    ]);
  });
});

function newClaims(chunkSize?: number) {
  const turns = {
    claimDue: jest.fn(
      (_claim: DueClaim): Promise<DueClaimed> => Promise.resolve({ chunk: null, turns: 0 }),
    ),
    nextDueMs: jest.fn((_except: readonly string[]) => Promise.resolve(7)),
  };
  const claims = new Claims({ turns } as unknown as Store, LEASE, chunkSize);
  return { claims, turns };
}
