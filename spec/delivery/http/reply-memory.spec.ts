import { ReplyMemory } from '../../../lib/delivery/http/reply-memory';

function memoryOf(maxBytes: number) {
  const memory = new ReplyMemory(maxBytes);
  const begun: string[] = [];
  const reserve = (name: string, bytes: number) => memory.reserve(bytes, () => begun.push(name));
  return { begun, reserve };
}

describe('ReplyMemory', () => {
  it('Replies begin while there is room, and then in their order as others end', () => {
    const { begun, reserve } = memoryOf(10);
    const releaseA = reserve('a', 6);
    const releaseB = reserve('b', 6);
    reserve('c', 4);
    expect(begun).toEqual(['a']);
    releaseA();
    expect(begun).toEqual(['a', 'b', 'c']);
    releaseA();
    reserve('d', 1);
    expect(begun).toEqual(['a', 'b', 'c']);
    releaseB();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('A reply that stops waiting lets the next one begin', () => {
    const { begun, reserve } = memoryOf(10);
    reserve('a', 5);
    const stopB = reserve('b', 9);
    reserve('c', 5);
    expect(begun).toEqual(['a']);
    stopB();
    expect(begun).toEqual(['a', 'c']);
  });

  it('A reply that is larger than all the memory takes all of it', () => {
    const { begun, reserve } = memoryOf(10);
    reserve('a', 99)();
    reserve('b', 10);
    expect(begun).toEqual(['a', 'b']);
  });
});
